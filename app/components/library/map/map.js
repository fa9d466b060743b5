// @ts-check
import { mounted } from "../../browser/mounted.js"
import { ClipMap } from "./clip_map.js"

/** @type {(mount: import("../../browser/mounted.js").Mount<import("./clip_map.js").MapProps>) => () => void} */
export default mounted(".root", (root, data) => new ClipMap(root, data))
