// @ts-check
import { mounted } from "../../browser/mounted.js"
import { ViewWall } from "./whole_wall.js"

export default mounted(".root", (root) => new ViewWall(root))
