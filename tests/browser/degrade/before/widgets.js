// What stands on the page, in its order.

export const WIDGETS = [
  { name: "promotion", title: "This week", path: "/api/promotion" },
  { name: "recommendations", title: "You may like", path: "/api/recommendations" },
  { name: "reviews", title: "Reviews", path: "/api/reviews" },
  { name: "recent", title: "Recently viewed", path: "/api/recent" },
  { name: "visitors", title: "Others are looking", path: "/api/visitors" },
  { name: "product", title: "The lamp", path: "/api/product" },
  { name: "price", title: "Price", path: "/api/price" },
  { name: "stock", title: "In stock", path: "/api/stock" },
  { name: "delivery", title: "Delivery", path: "/api/delivery" },
  { name: "cart", title: "Your cart", path: "/api/cart" },
];
