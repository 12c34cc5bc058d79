// The shop's properties, from outside: `version`, `gone`.
import { writable } from "svelte/store";

export const shop = writable({ version: 1 });
