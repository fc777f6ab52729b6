// Well-known places of the service area, in and around Kigali: name, latitude, longitude, and whether the map names it.

export const PLACES = [
  ["Kigali Convention Centre", -1.9546, 30.0925, true],
  ["Kigali Heights", -1.9531, 30.0930, false],
  ["Kigali International Airport", -1.9686, 30.1395, true],
  ["Nyabugogo Bus Park", -1.9397, 30.0446, true],
  ["Kimironko Market", -1.9496, 30.1260, true],
  ["Kigali City Market", -1.9437, 30.0567, false],
  ["Kigali City Tower", -1.9441, 30.0597, true],
  ["Hotel des Mille Collines", -1.9476, 30.0625, false],
  ["Serena Hotel", -1.9563, 30.0637, false],
  ["CHUK Hospital", -1.9557, 30.0602, false],
  ["King Faisal Hospital", -1.9437, 30.0935, false],
  ["Kigali Genocide Memorial", -1.9308, 30.0606, true],
  ["Amahoro Stadium", -1.9557, 30.1141, false],
  ["BK Arena", -1.9541, 30.1150, false],
  ["Kisimenti", -1.9591, 30.1079, false],
  ["Remera Bus Park", -1.9583, 30.1186, true],
  ["Sonatubes", -1.9700, 30.1002, false],
  ["Kicukiro Centre", -1.9888, 30.1030, true],
  ["Nyamirambo Mosque", -1.9667, 30.0497, false],
  ["Kigali Pele Stadium", -1.9781, 30.0441, true],
  ["Kacyiru Bus Stop", -1.9444, 30.0827, true],
  ["Kimihurura Roundabout", -1.9558, 30.0860, false],
  ["Gikondo Expo Ground", -1.9701, 30.0797, true],
  ["Nyarutarama Lake", -1.9344, 30.1030, true],
  ["Kanombe Military Hospital", -1.9716, 30.1586, true],
  ["Kabuga Bus Park", -1.9760, 30.2240, true],
].map(([name, latitude, longitude, named]) => ({ name, latitude, longitude, named }));

// The main roads as lines from place to place: a sketch to find one's way on, not to drive by.
const ROADS = [
  ["Nyabugogo Bus Park", "Kigali City Market", "Kigali City Tower", "Hotel des Mille Collines", "Kimihurura Roundabout",
    "Kigali Convention Centre", "Kisimenti", "Remera Bus Park", "Kigali International Airport",
    "Kanombe Military Hospital", "Kabuga Bus Park"],
  ["Nyabugogo Bus Park", "Kigali Genocide Memorial", "Kacyiru Bus Stop", "Kigali Convention Centre"],
  ["Kacyiru Bus Stop", "King Faisal Hospital", "Nyarutarama Lake", "Kimironko Market", "BK Arena", "Remera Bus Park"],
  ["Hotel des Mille Collines", "CHUK Hospital", "Nyamirambo Mosque", "Kigali Pele Stadium"],
  ["Serena Hotel", "Gikondo Expo Ground", "Sonatubes", "Kicukiro Centre"],
  ["Kisimenti", "Sonatubes"],
];

export const AREA = { west: 30.030, east: 30.240, south: -2.003, north: -1.916 };

const byName = new Map(PLACES.map((place) => [place.name, place]));
export const LINES = ROADS.map((names) => names.map((name) => byName.get(name)));

const METRES_PER_DEGREE = 111_320;

export function metresBetween(one, other) {
  const east = (one.longitude - other.longitude) * METRES_PER_DEGREE * Math.cos((one.latitude * Math.PI) / 180);
  return Math.hypot(east, (one.latitude - other.latitude) * METRES_PER_DEGREE);
}

export function nearestPlace(point) {
  return PLACES.reduce((best, place) => (metresBetween(place, point) < metresBetween(best, point) ? place : best));
}
