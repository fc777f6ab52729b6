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
help = Words I understand: RIDE (get a ride), DRIVE (take passengers), OFFLINE (no more requests), TRIPS (your trips), PRICES (what rides cost), WHY (why a request went past you), WALLET (your money), INVITE (bring somebody), INSURANCE (certificate, claims), NUMBER (your SMS number), SCHEDULE (a ride for later), SCHEDULES (those to come), PLACES (places you saved), NOTES (what I keep), QUIET (hours without requests), LANGUAGE, BACK, MENU, STOP (no more messages).
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
row-reason-noshow = Driver did not come
button-absent = Passenger not there
row-reason-far = It is too far
row-reason-other = Another reason
row-keep = Keep the trip
told-wait = The wait was too long.
told-plans = The plans have changed.
told-found = Another ride was found.
told-vehicle = There is trouble with the vehicle.
told-absent = You were not found at the pickup. It is noted as a ride that you missed.
told-noshow = You did not come in time. It is noted as a ride that you missed.
told-far = It was too far.
told-other = No reason was given.
given-up = The trip is given up, and the other side knows.
given-up-absent = The trip is ended, and your passenger knows. It is noted that nobody came.
given-up-noshow = The trip is ended, and your driver knows. It is noted that nobody came.
absent-too-early = Your passenger still has a little time. If nobody comes, you can say so in { $time }.
noshow-too-early = Your driver still has a little time. If nobody comes, you can say so in { $time }.
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
refused-no-shows = Drivers have waited for you in vain too often lately. You can ask for rides again after { $when }.
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
told-money-from = You have received { $amount } from { $other } Your balance: { $balance }.
told-money = You have received { $amount }. Your balance: { $balance }.
told-money-corrected = We have corrected your balance by { $amount }. Your balance: { $balance }.


## Invitations

invite-off = Invitations bring no reward at the moment.
invite-code = Your invitation code is { $code }. Whoever is new here writes INVITE { $code } within { $age } of their first message.
invite-link = Or they open this link and send what is in it: { $link }
invite-both = When their first trip is complete, you get { $reward } and they get { $newcomer }.
invite-yours = When their first trip is complete, you get { $reward }.
invite-theirs = When their first trip is complete, they get { $newcomer }.
invite-left = Rewards that are left for the next 30 days: { $number }.
invite-none-left = Your invitations have brought all rewards of this month: for now no more are noted.
invited = I have noted by whose invitation you came.
invited-reward = When your first trip is complete, by { $when } at the latest, you get { $reward }.
refused-invite-unknown = I do not know that invitation code. Please check every letter.
refused-invite-self = That is your own invitation code.
refused-invite-exists = You came by an invitation already, and only the first one counts.
refused-invite-ridden = An invitation counts only before the first trip.
refused-invite-late = An invitation counts only within { $age } of the first message.
refused-invite-limit = That code has brought all rewards of this month, so it brings none now.
told-reward-inviting = Somebody whom you invited has completed the first trip. Thank you! You have received { $amount }. Your balance: { $balance }.
told-reward-invited = Your first trip by an invitation is complete. You have received { $amount }. Your balance: { $balance }.

## Phone numbers

number-code = Your Hailwire code is { $code }. It is good for 10 minutes. Do not give it to anybody.
number-which = Which number do you use for SMS? Write it, and a code goes there.
number-by-whatsapp = Write NUMBER to me on WhatsApp: there you can add this phone.
number-unreadable = That is not a mobile number that I can write to. With + and its country code it is sure to work.
number-sent = A code is on its way to that phone.
number-type-code = Type the six digits of the SMS here. They count for 10 minutes. Write BACK for another number.
number-six-digits = The code has six digits.
number-proved = That is your number: by SMS and on WhatsApp we go on in one conversation.
refused-number-yours = That number is yours already.
refused-number-silent = From that phone I was asked for no messages. Write START there first.
refused-code-soon = A code was sent a moment ago. Wait a minute before you ask for the next one.
refused-code-limit = Those were enough codes for today. Try again tomorrow.
refused-code = That code does not count: it is wrong, too old, or was tried too often.

## Rides for later

schedule-vehicle = A ride for later: which vehicle do you need?
schedule-when = When shall it come? Choose, or write a day and a time, such as Friday 7am.
schedule-write = Write a day and a time, such as Friday 7am or 3 December 18:30.
schedule-which = Which time do you mean?
schedule-unread = I did not understand that time.
schedule-past = That time is over.
schedule-far = I can plan at most 30 days ahead.
schedule-confirm = { $vehicle }: { $when }. Shall I plan this ride?
schedule-confirm-change = New time: { $when }. Shall I change the ride?
schedule-booked = It is planned. I remind you before, and ask drivers in time.
schedule-moved = The ride has its new time.
schedule-exists = You have a ride planned for that time already.
schedule-too-many = You have many rides planned already. Give one up first.
schedule-gone = That ride is no longer planned.
schedule-changed = That has changed meanwhile.
schedule-under-way = A driver is on the way for that ride already. Write TRIPS to see it.
schedule-skipped = That one time is off.
schedule-dropped = The ride is no longer planned.
schedule-list = Your rides to come:
schedule-none = You have no rides planned.
schedule-line = { $vehicle }: { $when }.
schedule-next = Next: { $when }.
label-times = Times
label-schedules = Rides
button-schedules = Planned rides
button-later = Ride later
button-book = Plan it
button-other-time = Other time
button-change-time = Change time
button-skip-ride = Not this time
button-drop-schedule = Give up ride
row-later = Plan a ride for later
row-later-about = In an hour, tomorrow, every morning ...
row-now = Now
row-in-half-an-hour = In 30 minutes
row-in-an-hour = In 1 hour
row-in-two-hours = In 2 hours
row-in-five-hours = In 5 hours
row-tomorrow-morning = Tomorrow 08:00
row-tomorrow-evening = Tomorrow 18:00
row-every-morning = Every morning 08:00
row-every-evening = Every evening 18:00
row-other-time = Another time
row-daily = Daily { $time }
row-weekly = Every { $day } { $time }
pickup-time = Pickup time: { $when }.
told-reminder = A reminder: your ride ({ $vehicle }) is planned for { $when }. I ask drivers shortly before.
told-nobody-yet = Nobody is free yet for your ride of { $when }. I keep looking until { $until }.
told-missed = I am sorry: nobody was free for your ride of { $when }.
told-late = I am sorry: we had a fault when your ride of { $when } was due, so no driver was asked.
told-busy = You have an open trip, so I did not ask for your ride of { $when }.
told-ride-refused = I asked no driver for your ride of { $when }: drivers have waited for you in vain too often lately. You can ask for rides again after { $until }.

## Days and times

day-time = { $day }, { $time } ({ $spoken })
time-of-day = { $time } ({ $spoken })
every-day = every day, { $time } ({ $spoken })
every-weekday = every { $days }, { $time } ({ $spoken })
spoken-late = { $hour } am
spoken-morning = { $hour } in the morning
spoken-day = { $hour } in the afternoon
spoken-evening = { $hour } pm
spoken-night = { $hour } at night

## Limits

limited-ordinary = So many messages at once are more than I can read. Please write again after { $when }: until then I read only STOP.
limited-expensive = So many photos and recordings are more than I can take in one hour. Please send more after { $when }; words I read as before.

## Fares

prices = What rides cost:
price-line = { $vehicle }: { $base }, { $kilometer } a kilometre, { $minute } a minute, at least { $minimum }
ride-whereto = Where do you want to go? Send the location or write a place, and I estimate the fare.
button-anywhere = I tell the driver
fare-estimate = Estimated fare: { $fare }.
fare-of-way = The fare is { $fare } ({ $distance }, { $time }).
fare-of-time = The fare is { $fare } ({ $time }).

## Ratings

rate-driver = How was your driver?
rate-passenger = How was your passenger?
label-stars = Stars
row-stars = { $count ->
    [one] 1 star
   *[other] { $count } stars
  }
rated = { $count ->
    [one] Thank you! I have noted 1 star.
   *[other] Thank you! I have noted { $count } stars.
  }
rated-anew = { $count ->
    [one] Thank you! It is 1 star now.
   *[other] Thank you! It is { $count } stars now.
  }
seen-rated = { $seen }, rated { $rating }
refused-not-completed = Only a trip that is complete can be rated.
refused-rating-closed = That trip can no longer be rated.

## When the driver comes, and why one was not asked

driver-needs = The driver needs about { $time }.
driver-nearly = The driver is nearly there.
silent-offline = I have not heard for long where you are, so I took you offline: nobody waits for you in vain. Come back any time.
why-never-drove = You have never been online. Write DRIVE to take passengers.
why-now-offline = You are offline, so nobody can ask you. Write DRIVE to come back.
why-now-busy = You are on a trip, so nobody else asks you.
why-now-online = You are online, and your location is { $age } old.
why-missed = The latest requests that went past you, and why:
why-none-missed = No request near you has gone past you since yesterday.
why-line = { $when }: { $reason }
why-others-nearer = others were nearer (you: { $distance })
why-stale = your location was { $age } old
why-too-far = the pickup was too far away ({ $distance })
why-busy = you were busy
why-offline = you were offline
why-other-vehicle = another vehicle was wanted
why-quiet = it was your quiet time

## Insurance

certificate-none = I have no certificate of insurance of yours.
certificate-waits = Your certificate is with us. Somebody looks at it, and I tell you then.
certificate-over = Your certificate of insurance has expired. Please send the new one.
certificate-rejected = We could not take your certificate: { $reason }. Please send another one.
certificate-approved = Your certificate is approved. It is good until { $when }.
certificate-received = Your certificate has arrived (photos or files so far: { $count }). Somebody looks at it, and I tell you then.
certificate-soon = Your certificate of insurance expires on { $when }. Please send the new one before that.
certificate-ask = Send me a photo or a PDF of your certificate of insurance. It may have several pages.
insured-until = You are insured until { $when }.
rejected-unreadable = it cannot be read
rejected-something-else = it is no certificate of insurance
rejected-out-of-date = it is out of date
rejected-not-theirs = it names somebody else or another vehicle
rejected-incomplete = a page is missing
rejected-other = something about it is not right
cover-needed = Only insured drivers can go online here.
cover-send = Please send your certificate of insurance. Once it is approved you can take passengers.
cover-waits = Your certificate is with us already. I write to you once somebody has looked at it.
cover-offline = I took you offline, because only insured drivers can take passengers here.
claim-ask = What happened, where and when? Describe it in your own words.
claim-words-please = Please write what happened; photos can come after that.
claim-noted = I have noted your claim, number { $number }.
claim-documents = Do you have photos or a PDF that show it? Send them now.
claim-documents-received = Documents of claim { $number } have arrived (so far: { $count }).
claim-line = Claim { $number }: { $state }
claim-submitted = waits for somebody to look at it
claim-in-review = somebody is looking at it
claim-accepted = accepted
claim-rejected = rejected
refused-claims = Several claims of yours are still open. Please wait until one of them is decided.
refused-description = I could not keep that text. Please write it shorter.
file-please = Please send it as a photo or a PDF.
file-coming = I am fetching your file and tell you when it has arrived. You can send more.
file-too-large = Your file is too large, so I did not take it. Please send a smaller one.
file-wrong-kind = I can take photos (JPG or PNG) and PDF files only. Please send it as one of those.
file-too-many = There are as many files already as I can take, so I did not take that one.
file-closed = That claim is decided, so I did not take your file.
file-unreachable = I could not fetch your file. Please send it again.
button-insurance = Insurance
button-certificate = Send certificate
button-claim = Make a claim
button-done = Done

## Places of one's own

places-yours = Or choose one of your places.
places-list = Your places:
places-none = You have no saved places yet. Save one, and its name is enough the next time.
place-where = Where is the place?
place-name = What shall I call it? Choose, or write a name.
place-name-unreadable = A name has 1 to 40 characters, letters or digits among them.
place-card = { $place }: { $link }
place-saved = Saved: { $place }.
place-same = That is the same place as { $place }, so I kept that one.
place-deleted = The place is deleted.
place-gone = That place is no longer saved.
place-name-taken = You have another place of that name.
places-too-many = I cannot keep more places. Delete one first.
place-recent = You were there lately
row-place-home = Home
row-place-work = Work
row-place-school = School
row-add-place = Add a place
row-save-pickup = Save the pickup
row-save-pickup-about = Its name is enough the next time
button-rename-place = Rename
button-delete-place = Delete
button-places = My places
label-your-places = Your places
label-place-names = Names

## What the two sides of a trip say to each other

relay-hint-driver = Whatever you write here goes to your driver, who does not see your number.
relay-hint-passenger = Whatever you write here goes to your passenger, who does not see your number.
relay-told-driver = I have told your driver.
relay-told-passenger = I have told your passenger.
relay-masked = I left out what looks like a number or a link: numbers stay private here.
relay-driver-silent = Your driver has asked me for silence and does not read this.
relay-passenger-silent = Your passenger has asked me for silence and does not read this.
relay-no-media = I pass on words and places, but no photos, recordings or files.
relay-driver = Driver:
relay-passenger = Passenger:
relay-place = I am here: { $link }
relay-place-near = I am near { $place }: { $link }
refused-relay-closed = That trip is over, so I cannot pass anything on.
refused-relay-long = That is too long to pass on. Please say it in fewer words.
exchange-nobody = You have no driver or passenger now with whom to exchange numbers.
exchange-no-number = I know no phone number of yours, so there is none to share.
exchange-asked = I have asked. When the other side agrees, I tell each of you the other's number.
exchange-kept = Your number stays private.
exchange-driver-asks = Your driver would like to exchange phone numbers. If you agree, write SHARE; otherwise your number stays private.
exchange-passenger-asks = Your passenger would like to exchange phone numbers. If you agree, write SHARE; otherwise your number stays private.
exchange-driver-number = You both agreed. Your driver's number:
exchange-passenger-number = You both agreed. Your passenger's number:
exchange-none = You both agreed, but I know no phone number of the other side.
button-share-number = Share my number
button-keep-number = Keep my number
row-block = Never match us again
row-block-about = The other one is not told
block-done = I never match you with each other again, and the other one is not told. Write BLOCKED to see your list.
block-nobody = There is no trip now whose other side you could block.
blocked-none = Nobody: you have blocked no one.
blocked-list = Those you rode with and have blocked, by ride. Choose one to be matched again.
label-blocked = Blocked
unblocked = Fine, you may be matched again.

## Quiet hours

quiet-ask = From when to when shall I leave you alone? Choose, or write the hours, such as 22-6. Then you get no requests and no reminders; what you write is always answered.
quiet-are = Your quiet hours: { $from } to { $until }.
quiet-unread = I did not understand these hours.
quiet-set = Fine: from { $from } to { $until } I leave you alone. Write QUIET to change that.
quiet-ended = Fine, you have no quiet hours any more.
quiet-now = It is your quiet time until { $until }: before that you get no requests. Write QUIET to change that.
row-quiet-none = No quiet hours
label-quiet = Hours

## What was understood

items-question = Did I understand that right? Then I can keep it and offer it when it is useful.
item-place = Place: { $place }
item-time = Time: { $when }
item-contact = Contact: { $name } ({ $code })
items-kept = I keep this:
items-dropped = Fine, I do not keep it.
item-known = I know that already.
item-applied = I have kept that already.
item-gone = That is no longer waiting for an answer.
item-time-over = That time is over, so I did not keep it.
item-full = I cannot keep more of these. Forget one first: write NOTES.
item-waits = Shall I keep it?
notes-list = What waits for your answer, and what I keep. Places are in your list of places.
notes-none = I keep nothing of what you wrote, and nothing waits for your answer.
note-forgotten = Forgotten.
note-gone = I no longer keep that.
button-keep = Keep it
button-drop-item = Do not keep it
button-one-by-one = One by one
button-notes = My notes
button-forget = Forget it
label-notes = Your notes
label-contacts = Your contacts
