"""Landmarks in and around Kigali, in memory: they name pickups, and are found by their whole names without a call.

The profile service has the same ones, by the same names, and all that operators load (services/profile/places/).
Coordinates are public knowledge, of the middle of the place and good to a few hundred metres: enough to find who is
near, and the driver and the passenger see each other there.
"""

from chassis.records import record


@record
class Place:
    """A landmark; `names` are other ways to write it, lower case without accents."""

    name: str
    latitude: float
    longitude: float
    names: tuple[str, ...] = ()


PLACES = (
    Place("Kigali Convention Centre", -1.9546, 30.0925, ("kcc", "convention center")),
    Place("Kigali Heights", -1.9531, 30.0930),
    Place("Kigali International Airport", -1.9686, 30.1395, ("kanombe airport", "aeroport", "aeroport de kigali")),
    Place("Nyabugogo Bus Park", -1.9397, 30.0446, ("nyabugogo taxi park", "gare de nyabugogo")),
    Place("Kimironko Market", -1.9496, 30.1260, ("marche de kimironko",)),
    Place("Kigali City Market", -1.9437, 30.0567, ("marche de la ville",)),
    Place("Kigali City Tower", -1.9441, 30.0597, ("kct", "downtown", "centre ville", "mu mujyi", "town")),
    Place("Hotel des Mille Collines", -1.9476, 30.0625, ("mille collines",)),
    Place("Serena Hotel", -1.9563, 30.0637, ("kigali serena",)),
    Place("CHUK Hospital", -1.9557, 30.0602, ("chuk", "university teaching hospital", "hopital chuk")),
    Place("King Faisal Hospital", -1.9437, 30.0935, ("roi faycal", "faisal", "hopital roi faycal")),
    Place("Kigali Genocide Memorial", -1.9308, 30.0606, ("gisozi memorial", "memorial de gisozi")),
    Place("Amahoro Stadium", -1.9557, 30.1141, ("stade amahoro",)),
    Place("BK Arena", -1.9541, 30.1150, ("kigali arena",)),
    Place("Kisimenti", -1.9591, 30.1079, ("remera kisimenti",)),
    Place("Remera Bus Park", -1.9583, 30.1186, ("gare de remera", "giporoso")),
    Place("Sonatubes", -1.9700, 30.1002, ("sonatube",)),
    Place("Kicukiro Centre", -1.9888, 30.1030, ("kicukiro center",)),
    Place("Nyamirambo Mosque", -1.9667, 30.0497, ("green mosque", "mosquee verte")),
    Place("Kigali Pele Stadium", -1.9781, 30.0441, ("nyamirambo stadium", "stade de nyamirambo")),
    Place("Kacyiru Bus Stop", -1.9444, 30.0827, ("kacyiru",)),
    Place("Kimihurura Roundabout", -1.9558, 30.0860, ("kimihurura",)),
    Place("Gikondo Expo Ground", -1.9701, 30.0797, ("gikondo", "expo ground")),
    Place("Nyarutarama Lake", -1.9344, 30.1030, ("nyarutarama", "golf nyarutarama")),
    Place("Kanombe Military Hospital", -1.9716, 30.1586, ("hopital de kanombe",)),
    Place("Kabuga Bus Park", -1.9760, 30.2240, ("kabuga", "gare de kabuga")),
)
