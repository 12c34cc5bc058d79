// Set by the bundler: true in the development build.
declare const __DEV__: boolean;
