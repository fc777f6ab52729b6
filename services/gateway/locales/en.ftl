# What people read in English.
#
# Keys that begin with button- or label- have at most 20 characters, row- 24 and row-...-about 72: WhatsApp's limits.
# Plain GSM-7 letters keep an SMS at 160 characters a part. Words in capitals are understood when they are written.

## Language and welcome

language-name = English
first-contact = Welcome to Hailwire, where you find a ride or passengers. Which language do you prefer?
language-question = Which language do you prefer?
language-chosen = Fine, English it is.
label-languages = Languages

## Menu and help

home = What would you like to do? Write MENU any time to come back here, or LANGUAGE for another language.
home-online = You are online: requests near you come here. Send your location whenever you move.
button-ride = Get a ride
button-drive = Drive
button-trips = My trips
button-offline = Go offline
button-menu = Menu
help = Words I understand: RIDE (get a ride), DRIVE (take passengers), OFFLINE (no more requests), TRIPS (your trips), WALLET (your money), LANGUAGE, BACK, MENU, STOP (no more messages).
not-understood = I did not understand that.
choose-first = Please choose one of these.
cannot-read = I cannot read this kind of message.
cannot-read-media = I cannot open photos, recordings or files.
cannot-read-contact = I cannot use contact cards.
cannot-read-order = I cannot take orders from a catalogue.
cannot-read-edit = I do not see what was edited. Please write it again.
dead-button = That button no longer works.
location-what-for = Thank you for the location. What is it for?
button-ride-here = Ride from here
button-drive-here = Drive from here
late = Your message reached me { $age } late, so I did not act on it.
restarted-lapsed = My question was open for too long, so I started over.
restarted-changed = I have changed since we last wrote, so let us start over.
apology = Sorry, something went wrong on our side. Your message may have had no effect: please look again and try once more in a while.
answer-takes-longer = We are a little slow right now. Your message is safe and will be answered.

## Consent

stopped = You get no more messages from us. Write START to come back.
started = Welcome back!
started-already = You are getting our messages already.

## Vehicles

vehicle-moto = Moto
vehicle-cab = Cab
vehicle-lifan = Lifan
vehicle-truck = Truck
vehicle-other = Other
label-vehicles = Vehicles

## Places

place-share = Tap the button to share the location, or write a place, such as Kimironko Market.
place-type = Write a well-known place (Kimironko Market), a plus code (23WV+52 Kigali) or latitude and longitude (-1.9441, 30.0619).
place-unknown = I do not know that place.
place-which = Which place do you mean?
place-noted = I have noted the place.
place-outdated = That location was sent a while ago.
label-places = Places

## Getting a ride

ride-vehicle = Which vehicle do you need?
ride-where = { $vehicle }: where shall it pick you up?
pickup-at = Pickup: { $place }
nobody-near = No driver is free near you at the moment ({ $vehicle }). Try again in a few minutes, or choose another vehicle.
ride-drivers = { $count ->
    [one] 1 driver is free near you ({ $vehicle }). Shall I ask?
   *[other] { $count } drivers are free near you ({ $vehicle }). Ask one, or all: the first to accept comes.
  }
label-drivers = Drivers
row-ask-all = Ask all
row-ask-all-about = { $count ->
    [one] 1 driver near you
   *[other] { $count } drivers: the first to accept comes
  }
row-driver = Driver { $number }: { $distance }
seen-now = There just now
seen-before = There { $age } ago
list-outdated = That list is no longer fresh.
asked = { $count ->
    [one] 1 driver has been asked.
   *[other] { $count } drivers have been asked.
  }
button-search-again = Search again
button-other-vehicle = Other vehicle
already-on-trip = You have an open trip:

## The passenger's trip

passenger-requested = I am looking for a driver ({ $vehicle }).
passenger-offered = I write as soon as a driver accepts ({ $vehicle }).
passenger-accepted = Your driver is on the way ({ $vehicle }).
passenger-arrived = Your driver has arrived ({ $vehicle }) and waits at the pickup.
passenger-in-progress = Your trip is under way.
told-accepted = Good news: a driver is on the way to you ({ $vehicle }).
told-accepted-distance = Good news: a driver is on the way to you ({ $vehicle }), { $distance } from the pickup.
told-started = Your trip has begun. Have a good ride!
told-completed = Your trip is complete. Thank you for riding with us!
told-exhausted = Nobody whom I asked can come. Shall I search again?
told-expired = Nobody came in time, so your request is closed. Shall I search again?
told-cancelled-passenger = Your driver has given the trip up.

## Driving

drive-vehicle = What do you drive?
row-offline = Go offline
row-offline-about = No more requests
drive-where = Where are you now?
online = You are online ({ $vehicle }). Requests near you come here. Send your location whenever you move.
online-at = You are online ({ $vehicle }): { $place }. Requests near you come here. Send your location whenever you move.
moved = Your location is up to date.
offline = You are offline and get no more requests.

## Requests to a driver

offer = A passenger needs a ride ({ $vehicle }), { $distance } from you. The first driver to accept gets it.
offer-near = A passenger needs a ride ({ $vehicle }), { $distance } from you, near { $place }. The first driver to accept gets it.
offers-open = Your open requests:
offers-waiting = A request waits for your answer.
button-accept = Accept
button-decline = Decline
row-accept = Accept, { $distance }
row-decline = Decline, { $distance }
label-offers = Requests
accepted = The trip is yours!
declined = Fine, the others keep the request.
offer-lapsed = The time to answer this request is over.
offer-taken = Another driver was faster: the request is closed.
offer-withdrawn = The passenger no longer needs the ride: the request is closed.

## The driver's trip

driver-accepted = Go to the pickup and tell me when you are there.
driver-arrived = Your passenger knows that you are there. Tell me when you set off.
driver-in-progress = Have a safe trip. Tell me when it is over.
driver-completed = The trip is complete. Well done!
pickup = Pickup: { $link }
pickup-near = Pickup near { $place }: { $link }
button-arrived = Arrived
button-start = Start trip
button-complete = Complete
told-cancelled-driver = Your passenger has given the trip up. You are free again.

## Giving a trip up

button-leave = Give up trip
why = Why do you give the trip up? The other side will be told.
label-reasons = Reasons
row-reason-wait = I waited too long
row-reason-plans = My plans changed
row-reason-found = I found another ride
row-reason-vehicle = Vehicle trouble
row-reason-absent = Passenger not there
row-reason-far = It is too far
row-reason-other = Another reason
row-keep = Keep the trip
told-wait = The wait was too long.
told-plans = The plans have changed.
told-found = Another ride was found.
told-vehicle = There is trouble with the vehicle.
told-absent = You were not found at the pickup.
told-far = It was too far.
told-other = No reason was given.
given-up = The trip is given up, and the other side knows.
trip-over = That trip is over: { $state }.

## Trips

trips = Your latest trips:
no-trips = You have no trips yet.
trip-line = { $when } - { $vehicle }, { $state }
moment-pattern = d MMM HH:mm
state-requested = looking for a driver
state-offered = waiting for a driver
state-accepted = driver on the way
state-arrived = driver at the pickup
state-in-progress = under way
state-completed = completed
state-cancelled = given up
state-expired = nobody came

## Refusals

refused-location = I cannot use that location.
refused-vehicle = Please choose a vehicle first.
refused-presence = You are not online.
refused-trip-open = You have an open trip already.
refused-no-drivers = Whom you asked is no longer free.
refused-offer-unknown = I do not find that request any more.
refused-offer-expired = The time to answer that request is over.
refused-trip-taken = Another driver was faster this time. The next request comes soon!
refused-trip-closed = The passenger no longer needs that ride.
refused-driver-busy = You are on a trip already. Complete it first.
refused-offer-declined = You have declined that request already.
refused-trip-unknown = I do not find that trip.
refused-step = That does not fit the trip any more. This is how it stands:

## Ages

age-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
  }
age-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
  }
age-days = { $count ->
    [one] 1 day
   *[other] { $count } days
  }
age-months = more than a month

## Being forgotten

erase-question = I will erase all that we know of you: name, numbers, messages and places. There is no way back. Are you sure?
button-erase = Erase everything
button-erase-not = Keep me
erase-on-trip = Please complete your trip or give it up first, then ask me again.
erase-money = There is { $balance } in your wallet, which nobody could give back to you. Send it to somebody first: write WALLET.
erased = Done: in a few minutes we know nothing of you any more. This is our last message. Should you write again, you are new to us.

## Wallet

wallet-balance = Your balance: { $balance }.
wallet-code = Your wallet code is { $code }. Whoever knows it can send you money, and nothing else.
button-wallet = Wallet
button-send-money = Send money
button-history = History
button-more = More
wallet-payee = Who gets the money? Write their wallet code, such as HW-2A3B4C5. They find it when they write WALLET.
wallet-amount = { $payee } gets the money. How much? You have { $balance }.
wallet-confirm = Send { $amount } to { $payee }? This cannot be undone.
button-pay = Send it
button-do-not-pay = Do not send
wallet-outdated = I asked that a while ago, so I sent nothing.
wallet-sent = Sent: { $amount } to { $payee }. You have { $balance } left.
wallet-history = In and out, newest first:
wallet-no-history = Nothing has come in or gone out yet.
entry-line = { $when }: { $amount } - { $what }
entry-sent = to { $other }
entry-received = from { $other }
entry-credit = paid in
entry-reward = reward
entry-merge = between your wallets
entry-reversal = correction
entry-reversed = taken back
refused-payee = I do not know that wallet code. Please check every letter.
refused-self = That is your own wallet.
refused-amount = I cannot send that amount. Write it in digits, such as 1500.
refused-amount-small = The least that you can send is { $minimum }.
refused-amount-large = The most that you can send at once is { $limit }.
refused-daily-limit = In 24 hours you can send { $limit } in all; { $left } is left.
refused-wallet-new = Your wallet is new. It receives money now and can send some in { $age }.
refused-balance = You do not have that much.

## Phone numbers

number-code = Your Hailwire code is { $code }. It is good for 10 minutes. Do not give it to anybody.
