/** The room, dimmed, behind an address that leads nowhere. */

import { Stage } from "./radio/stage.js";

const place = document.getElementById("stage");
if (place) new Stage(place, "dusktape", () => ({ level: 0, beat: 0, kick: 0, playing: 0 }));
