# Not yet reviewed by a native speaker.
# Ibyo abantu basoma mu Kinyarwanda.
#
# WhatsApp: button- na label- inyuguti 20, row- 24, row-...-about 72. SMS: inyuguti za GSM-7 gusa.

## Ururimi no guha ikaze

language-name = Ikinyarwanda
first-contact = Murakaza neza kuri Hailwire, aho ubona ukujyana cyangwa abagenzi. Wahitamo uruhe rurimi?
language-question = Wahitamo uruhe rurimi?
language-chosen = Ni byiza, dukomeze mu Kinyarwanda.
label-languages = Indimi

## Ahabanza n'ubufasha

home = Urifuza gukora iki? Andika MENU igihe cyose ugaruke hano, cyangwa URURIMI uhindure ururimi.
home-online = Uri ku murongo: ubusabe bw'abakwegereye buza hano. Ohereza aho uri igihe cyose wimutse.
button-ride = Ndashaka gutega
button-drive = Gutwara abagenzi
button-trips = Ingendo zanjye
button-offline = Kuva ku murongo
button-menu = Ahabanza
help = Amagambo numva: GUTEGA (kubona ukujyana), GUTWARA (gutwara abagenzi), KURUHUKA (nta busabe bwongera kuza), INGENDO (ingendo zawe), IBICIRO (uko ingendo zigura), KUKI (impamvu utabajijwe), IKOFI (amafaranga yawe), TUMIRA (inshuti), UBWISHINGIZI (icyemezo, ibirego), NIMERO (nimero yawe ya SMS), TEGANYA (urugendo rwo mu gihe kizaza), IBYATEGANYIJWE (izizaza), AHANTU (aho wabitse), IBYABITSWE (ibyo mbika), ITUZE (igihe nta busabe), URURIMI, INYUMA, MENU, STOP (nta butumwa bwongera kuza).
not-understood = Ibyo sinabyumvise.
choose-first = Hitamo kimwe muri ibi.
cannot-read = Sinshobora gusoma ubutumwa bw'ubu bwoko.
cannot-read-media = Sinshobora gufungura amafoto, amajwi cyangwa dosiye.
cannot-read-contact = Sinshobora gukoresha nimero z'abantu wohereje.
cannot-read-order = Simfata komande zo muri kataloge.
cannot-read-edit = Simbona icyahinduwe. Ongera ubyandike.
dead-button = Iyo buto ntigikora.
location-what-for = Urakoze kohereza aho uri. Urifuza kuhakora iki?
button-ride-here = Gutegera hano
button-drive-here = Gutwarira hano
late = Ubutumwa bwawe bwangezeho butinze { $age }, ni yo mpamvu ntacyo nabukozeho.
restarted-lapsed = Ikibazo cyanjye cyamaze igihe kirekire kidasubijwe, none dutangiye bundi bushya.
restarted-changed = Narahindutse kuva duheruka kwandikirana, none reka dutangire bundi bushya.
apology = Mutwihanganire, habaye ikibazo ku ruhande rwacu. Ubutumwa bwawe bushobora kuba ntacyo bwakoze: ongera urebe, wongere ugerageze nyuma.
answer-takes-longer = Ubu turatinda gato. Ubutumwa bwawe burabitswe neza kandi buzasubizwa.

## Kwemera ubutumwa

stopped = Ntuzongera kubona ubutumwa bwacu. Andika START ugaruke.
started = Ikaze nanone!
started-already = Usanzwe ubona ubutumwa bwacu.

## Ibinyabiziga

vehicle-moto = Moto
vehicle-cab = Imodoka
vehicle-lifan = Lifan
vehicle-truck = Ikamyo
vehicle-other = Ikindi
label-vehicles = Ibinyabiziga

## Ahantu

place-share = Kanda buto wohereze aho uri, cyangwa wandike ahantu, urugero Kimironko Market.
place-type = Andika ahantu hazwi (Kimironko Market), kode ya plus (23WV+52 Kigali), cyangwa latitude na longitude (-1.9441, 30.0619).
place-unknown = Aho hantu simpazi.
place-which = Ni hehe ushaka kuvuga?
place-noted = Aho hantu nahanditse.
place-outdated = Aho hantu hashize igihe hoherejwe.
label-places = Ahantu

## Gutega

ride-vehicle = Ukeneye ikihe kinyabiziga?
ride-where = { $vehicle }: bagufatire hehe?
pickup-at = Aho ufatirwa: { $place }
nobody-near = Nta mushoferi ukwegereye uboneka ubu ({ $vehicle }). Ongera ugerageze mu minota mike, cyangwa uhitemo ikindi kinyabiziga.
ride-drivers = { $count ->
    [1] Hari umushoferi 1 ukwegereye ({ $vehicle }). Nkumubarize?
   *[other] Hari abashoferi { $count } bakwegereye ({ $vehicle }). Baza umwe cyangwa bose: ubanza kwemera ni we uza.
  }
label-drivers = Abashoferi
row-ask-all = Baza bose
row-ask-all-about = { $count ->
    [1] Umushoferi 1 ukwegereye
   *[other] Abashoferi { $count }: ubanza kwemera ni we uza
  }
row-driver = Umushoferi { $number }: { $distance }
seen-now = Arahari ubu
seen-before = Yahabonetse hashize { $age }
list-outdated = Urwo rutonde rumaze igihe.
asked = { $count ->
    [1] Umushoferi 1 yabajijwe.
   *[other] Abashoferi { $count } babajijwe.
  }
button-search-again = Ongera ushake
button-other-vehicle = Ikindi kinyabiziga
already-on-trip = Ufite urugendo rutararangira:

## Urugendo rw'umugenzi

passenger-requested = Ndagushakira umushoferi ({ $vehicle }).
passenger-offered = Ndakwandikira umushoferi akimara kwemera ({ $vehicle }).
passenger-accepted = Umushoferi wawe ari mu nzira ({ $vehicle }).
passenger-arrived = Umushoferi wawe yahageze ({ $vehicle }), agutegereje aho ufatirwa.
passenger-in-progress = Uri mu rugendo.
told-accepted = Inkuru nziza: umushoferi ari mu nzira aza kugufata ({ $vehicle }).
told-accepted-distance = Inkuru nziza: umushoferi ari mu nzira aza kugufata ({ $vehicle }), asigaje { $distance } ngo agere aho ufatirwa.
told-started = Urugendo rwawe rutangiye. Urugendo rwiza!
told-completed = Urugendo rwawe rurarangiye. Murakoze kugendana natwe!
told-exhausted = Mu bo nabajije nta n'umwe ushobora kuza. Nongere nshake?
told-expired = Nta waje ku gihe, none ubusabe bwawe bwafunzwe. Nongere nshake?
told-cancelled-passenger = Umushoferi wawe yaretse urugendo.

## Gutwara

drive-vehicle = Utwara iki?
row-offline = Kuva ku murongo
row-offline-about = Nta busabe bwongera kuza
drive-where = Uri he ubu?
online = Uri ku murongo ({ $vehicle }). Ubusabe bw'abakwegereye buza hano. Ohereza aho uri igihe cyose wimutse.
online-at = Uri ku murongo ({ $vehicle }): { $place }. Ubusabe bw'abakwegereye buza hano. Ohereza aho uri igihe cyose wimutse.
moved = Namenye aho uri ubu.
offline = Wavuye ku murongo, nta busabe bwongera kukugeraho.

## Ubusabe ku mushoferi

offer = Umugenzi arashaka kugenda ({ $vehicle }), hari { $distance } uvuye aho uri. Umushoferi ubanza kwemera ni we umutwara.
offer-near = Umugenzi arashaka kugenda ({ $vehicle }), hari { $distance } uvuye aho uri, hafi ya { $place }. Umushoferi ubanza kwemera ni we umutwara.
offers-open = Ubusabe utarasubiza:
offers-waiting = Hari ubusabe butegereje igisubizo cyawe.
button-accept = Emera
button-decline = Anga
row-accept = Emera, { $distance }
row-decline = Anga, { $distance }
label-offers = Ubusabe
accepted = Urugendo ni urwawe!
declined = Ni byo, ubusabe busigaranye abandi.
offer-lapsed = Igihe cyo gusubiza ubu busabe cyarangiye.
offer-taken = Undi mushoferi yagutanze: ubusabe bwafunzwe.
offer-withdrawn = Umugenzi ntagikeneye kugenda: ubusabe bwafunzwe.

## Urugendo rw'umushoferi

driver-accepted = Jya aho umugenzi ari, umbwire uhageze.
driver-arrived = Umugenzi wawe azi ko wahageze. Mbwira nimuhaguruka.
driver-in-progress = Mugire urugendo rwiza. Mbwira nirurangira.
driver-completed = Urugendo rurarangiye. Wakoze neza!
pickup = Aho umufatira: { $link }
pickup-near = Aho umufatira, hafi ya { $place }: { $link }
button-arrived = Nahageze
button-start = Gutangira urugendo
button-complete = Kurangiza urugendo
told-cancelled-driver = Umugenzi wawe yaretse urugendo. Wongeye kuboneka.

## Kureka urugendo

button-leave = Kureka urugendo
why = Kuki uretse urugendo? Urundi ruhande rurabimenyeshwa.
label-reasons = Impamvu
row-reason-wait = Nategereje cyane
row-reason-plans = Gahunda zahindutse
row-reason-found = Nabonye undi untwara
row-reason-vehicle = Ikibazo cy'ikinyabiziga
row-reason-noshow = Umushoferi ntiyaje
button-absent = Umugenzi ntahari
row-reason-far = Ni kure cyane
row-reason-other = Indi mpamvu
row-keep = Gukomeza urugendo
told-wait = Gutegereza byabaye birebire.
told-plans = Gahunda zahindutse.
told-found = Habonetse urundi rugendo.
told-vehicle = Ikinyabiziga gifite ikibazo.
told-absent = Ntiwabonetse aho ufatirwa. Byanditswe ko uru rugendo rwagucitse.
told-noshow = Ntiwaje ku gihe. Byanditswe ko uru rugendo rwagucitse.
told-far = Hari kure cyane.
told-other = Nta mpamvu yatanzwe.
given-up = Waretse urugendo, kandi urundi ruhande rurabizi.
given-up-absent = Urugendo rwahagaze, kandi umugenzi wawe arabizi. Byanditswe ko nta waje.
given-up-noshow = Urugendo rwahagaze, kandi umushoferi wawe arabizi. Byanditswe ko nta waje.
absent-too-early = Umugenzi wawe aracyafite umwanya muto. Nihatagira uza, wabivuga nyuma y'igihe: { $time }.
noshow-too-early = Umushoferi wawe aracyafite umwanya muto. Nihatagira uza, wabivuga nyuma y'igihe: { $time }.
trip-over = Urwo rugendo rwararangiye: { $state }.

## Ingendo

trips = Ingendo zawe ziheruka:
no-trips = Nta ngendo uragira.
trip-line = { $when } - { $vehicle }, { $state }
moment-pattern = dd/MM HH:mm
state-requested = harashakwa umushoferi
state-offered = hategerejwe umushoferi
state-accepted = umushoferi ari mu nzira
state-arrived = umushoferi yahageze
state-in-progress = rurakomeje
state-completed = rwarangiye
state-cancelled = rwararetswe
state-expired = nta waje

## Ibidashoboka

refused-location = Aho hantu sinshobora kuhakoresha.
refused-vehicle = Banza uhitemo ikinyabiziga.
refused-presence = Ntabwo uri ku murongo.
refused-trip-open = Usanganywe urugendo rutararangira.
refused-no-drivers = Uwo wabajije ntakiboneka.
refused-no-shows = Abashoferi bagutegereje kenshi ntiwaza muri iyi minsi. Wongera gusaba urugendo nyuma ya { $when }.
refused-offer-unknown = Ubwo busabe sinkibubona.
refused-offer-expired = Igihe cyo gusubiza ubwo busabe cyarangiye.
refused-trip-taken = Ubu undi mushoferi yagutanze. Ubundi busabe buraza vuba!
refused-trip-closed = Umugenzi ntagikeneye urwo rugendo.
refused-driver-busy = Usanzwe uri mu rugendo. Banza urusoze.
refused-offer-declined = Ubwo busabe wamaze kubwanga.
refused-trip-unknown = Urwo rugendo sindubona.
refused-step = Ibyo ntibijyanye n'aho urugendo rugeze. Dore uko bimeze:

## Igihe

age-minutes = { $count ->
    [1] umunota 1
   *[other] iminota { $count }
  }
age-hours = { $count ->
    [1] isaha 1
   *[other] amasaha { $count }
  }
age-days = { $count ->
    [1] umunsi 1
   *[other] iminsi { $count }
  }
age-months = ukwezi kurenga

## Kwibagirwa

erase-question = Ndasiba ibyo tuzi kuri wowe byose: izina, nimero, ubutumwa n'ahantu. Ntibisubirwaho. Koko urabishaka?
button-erase = Siba byose
button-erase-not = Wisiba
erase-on-trip = Banza urangize urugendo cyangwa uruhagarike, hanyuma wongere ubinsabe.
erase-money = Mu ikofi yawe haracyarimo { $balance }, kandi ntawe uzashobora kuyagusubiza. Banza uyoherereze umuntu: andika IKOFI.
erased = Birakozwe: mu minota mike ntacyo tuzaba tukizi kuri wowe. Ubu ni bwo butumwa bwacu bwa nyuma. Niwongera kwandika, uzaba uri mushya kuri twe.

## Ikofi

wallet-balance = Mu ikofi yawe harimo { $balance }.
wallet-code = Kode y'ikofi yawe ni { $code }. Uyizi ashobora kukoherereza amafaranga, nta kindi.
button-wallet = Ikofi
button-send-money = Kohereza amafaranga
button-history = Ibyakozwe
button-more = Komeza urebe
wallet-payee = Amafaranga ni aya nde? Andika kode y'ikofi ye, urugero HW-2A3B4C5. Ayibona iyo yanditse IKOFI.
wallet-amount = Amafaranga arajya kuri { $payee }. Ni angahe? Ufite { $balance }.
wallet-confirm = Nohereze { $amount } kuri { $payee }? Ntibishobora gusubira inyuma.
button-pay = Ohereza
button-do-not-pay = Ntiwohereze
wallet-outdated = Icyo kibazo nakibajije kera, ni yo mpamvu nta cyo nohereje.
wallet-sent = Byoherejwe: { $amount } kuri { $payee }. Usigaranye { $balance }.
wallet-history = Ibyinjiye n'ibyasohotse, ibya vuba mbere:
wallet-no-history = Nta kirinjira kandi nta kirasohoka.
entry-line = { $when }: { $amount } - { $what }
entry-sent = kuri { $other }
entry-received = bivuye kuri { $other }
entry-credit = ayashyizwemo
entry-reward = igihembo
entry-merge = hagati y'amakofi yawe
entry-reversal = ikosora
entry-reversed = byasubijwe
refused-payee = Iyo kode y'ikofi sinyizi. Reba neza buri nyuguti.
refused-self = Iyo ni ikofi yawe bwite.
refused-amount = Ayo mafaranga sinshobora kuyohereza. Andika umubare, urugero 1500.
refused-amount-small = Make ushobora kohereza ni { $minimum }.
refused-amount-large = Menshi ushobora kohereza icyarimwe ni { $limit }.
refused-daily-limit = Mu masaha 24 ushobora kohereza { $limit } yose hamwe; hasigaye { $left }.
refused-wallet-new = Ikofi yawe ni nshya. Irakira amafaranga ubu, izatangira kohereza hashize { $age }.
refused-balance = Nta mafaranga angana atyo ufite.
told-money-from = Wakiriye { $amount } bivuye kuri { $other } Ubu ufite { $balance }.
told-money = Wakiriye { $amount }. Ubu ufite { $balance }.
told-money-corrected = Twakosoye konti yawe: { $amount }. Ubu ufite { $balance }.


## Ubutumire

invite-off = Ubu gutumira nta gihembo bitanga.
invite-code = Kode yawe yo gutumira ni { $code }. Umuntu mushya yandika TUMIRA { $code } mbere y'uko hashira { $age } kuva ku butumwa bwe bwa mbere.
invite-link = Cyangwa afungura iyi linki akohereza ibirimo: { $link }
invite-both = Urugendo rwe rwa mbere nirurangira, wowe uhabwa { $reward }, na we agahabwa { $newcomer }.
invite-yours = Urugendo rwe rwa mbere nirurangira, uhabwa { $reward }.
invite-theirs = Urugendo rwe rwa mbere nirurangira, ahabwa { $newcomer }.
invite-left = Ibihembo bisigaye mu minsi 30 iri imbere: { $number }.
invite-none-left = Ubutumire bwawe bwamaze ibihembo by'uku kwezi: ubu nta bundi nandika.
invited = Nanditse ubutumire wazanye.
invited-reward = Urugendo rwawe rwa mbere nirurangira, bitarenze { $when }, uhabwa { $reward }.
refused-invite-unknown = Iyo kode yo gutumira sinyizi. Reba neza buri nyuguti.
refused-invite-self = Iyo ni kode yawe bwite yo gutumira.
refused-invite-exists = Waje ku butumire busanzwe, kandi ubwa mbere ni bwo bubarwa.
refused-invite-ridden = Ubutumire bubarwa mbere y'urugendo rwa mbere gusa.
refused-invite-late = Ubutumire bubarwa mbere y'uko hashira { $age } kuva ku butumwa bwa mbere.
refused-invite-limit = Iyo kode yamaze ibihembo by'uku kwezi, ubu nta gihembo itanga.
told-reward-inviting = Uwo watumiye yarangije urugendo rwa mbere. Murakoze! Wakiriye { $amount }. Ubu ufite { $balance }.
told-reward-invited = Urugendo rwawe rwa mbere watumiriwe rwarangiye. Wakiriye { $amount }. Ubu ufite { $balance }.

## Nimero

number-code = Kode yawe ya Hailwire ni { $code }. Imara iminota 10. Ntukagire uwo uyiha.
number-which = Ukoresha iyihe nimero kuri SMS? Yandike, kode irahita yoherezwayo.
number-by-whatsapp = Nyandikira NIMERO kuri WhatsApp: ni ho wongereraho iyi telefone.
number-unreadable = Iyo nimero sinshobora kuyandikira. Yandike na + na kode y'igihugu.
number-sent = Kode iri mu nzira igana kuri iyo telefone.
number-type-code = Andika hano imibare itandatu iri muri SMS. Imara iminota 10. Andika INYUMA niba ushaka indi nimero.
number-six-digits = Kode igizwe n'imibare itandatu.
number-proved = Iyo nimero ni iyawe: kuri SMS no kuri WhatsApp dukomereza mu kiganiro kimwe.
refused-number-yours = Iyo nimero isanzwe ari iyawe.
refused-number-silent = Iyo telefone yansabye kutongera kuyandikira. Banza wandikeyo START.
refused-code-soon = Kode imaze kanya yoherejwe. Tegereza umunota mbere yo gusaba indi.
refused-code-limit = Kode z'uyu munsi zirahagije. Ongera ugerageze ejo.
refused-code = Iyo kode ntabwo yemewe: si yo, yarengeje igihe, cyangwa yageragejwe kenshi.

## Ingendo zo mu gihe kizaza

schedule-vehicle = Urugendo rwo mu gihe kizaza: ukeneye ikihe kinyabiziga?
schedule-when = Ryari? Hitamo, cyangwa wandike umunsi n'isaha, urugero ejo saa mbiri za mu gitondo.
schedule-write = Andika umunsi n'isaha, urugero ku wa gatanu saa moya za mu gitondo, cyangwa ejo 18:30.
schedule-which = Ni iyihe saha ushaka kuvuga?
schedule-unread = Iyo saha sinayumvise.
schedule-past = Iyo saha yararenze.
schedule-far = Nshobora guteganya mu minsi itarenze 30.
schedule-confirm = { $vehicle }: { $when }. Nteganye uru rugendo?
schedule-confirm-change = Isaha nshya: { $when }. Mpindure urugendo?
schedule-booked = Byateganyijwe. Nzakwibutsa mbere, kandi nzabaza abashoferi ku gihe.
schedule-moved = Urugendo rwahawe isaha nshya.
schedule-exists = Usanzwe ufite urugendo rwateganyijwe kuri iyo saha.
schedule-too-many = Usanzwe ufite ingendo nyinshi zateganyijwe. Banza ureke rumwe.
schedule-gone = Urwo rugendo ntirugiteganyijwe.
schedule-changed = Ibyo byahindutse hagati aho.
schedule-under-way = Umushoferi w'urwo rugendo ari mu nzira. Andika INGENDO urubone.
schedule-skipped = Iyo nshuro imwe yavuyeho.
schedule-dropped = Urugendo ntirugiteganyijwe.
schedule-list = Ingendo zawe zizaza:
schedule-none = Nta ngendo zateganyijwe ufite.
schedule-line = { $vehicle }: { $when }.
schedule-next = Urukurikira: { $when }.
label-times = Amasaha
label-schedules = Ingendo
button-schedules = Ibyateganyijwe
button-later = Urugendo rwo nyuma
button-book = Emeza
button-other-time = Indi saha
button-change-time = Hindura isaha
button-skip-ride = Atari iyi nshuro
button-drop-schedule = Reka urugendo
row-later = Urugendo rwo nyuma
row-later-about = Mu isaha imwe, ejo, buri gitondo ...
row-now = Ubu
row-in-half-an-hour = Mu minota 30
row-in-an-hour = Mu isaha 1
row-in-two-hours = Mu masaha 2
row-in-five-hours = Mu masaha 5
row-tomorrow-morning = Ejo 08:00
row-tomorrow-evening = Ejo 18:00
row-every-morning = Buri gitondo 08:00
row-every-evening = Buri mugoroba 18:00
row-other-time = Ikindi gihe
row-daily = Buri munsi { $time }
row-weekly = Buri { $day } { $time }
pickup-time = Isaha yo gufatwa: { $when }.
told-reminder = Kwibutsa: urugendo rwawe ({ $vehicle }) ruteganyijwe { $when }. Ndabaza abashoferi mbere gato.
told-nobody-yet = Nta muntu uraboneka ku rugendo rwawe rwa { $when }. Ndakomeza gushaka kugeza { $until }.
told-missed = Mbabarira: nta mushoferi wabonetse ku rugendo rwawe rwa { $when }.
told-late = Mbabarira: twagize ikibazo igihe urugendo rwawe rwa { $when } rwari rugeze, nta mushoferi wabajijwe.
told-busy = Ufite urugendo rutararangira, ni yo mpamvu ntasabye urwa { $when }.
told-ride-refused = Nta mushoferi nabajije ku rugendo rwawe rwa { $when }: abashoferi bagutegereje kenshi ntiwaza. Wongera gusaba urugendo nyuma ya { $until }.

## Iminsi n'amasaha

day-time = { $day }, { $time } ({ $spoken })
time-of-day = { $time } ({ $spoken })
every-day = buri munsi, { $time } ({ $spoken })
every-weekday = buri { $days }, { $time } ({ $spoken })
spoken-late = saa { $hour } za nijoro
spoken-morning = saa { $hour } za mu gitondo
spoken-day = saa { $hour } z'amanywa
spoken-evening = saa { $hour } za nimugoroba
spoken-night = saa { $hour } za nijoro

## Imipaka

limited-ordinary = Ubutumwa ni bwinshi cyane icyarimwe, sinshobora kubusoma bwose. Ongera wandike nyuma ya { $when }: kugeza icyo gihe nsoma STOP gusa.
limited-expensive = Amafoto n'amajwi ni menshi cyane mu isaha imwe. Ohereza ayandi nyuma ya { $when }; inyandiko ndazisoma nk'ibisanzwe.

## Ibiciro

prices = Uko ingendo zigura:
price-line = { $vehicle }: { $base }, { $kilometer } kuri kilometero, { $minute } ku munota, nibura { $minimum }
ride-whereto = Urashaka kujya he? Ohereza aho ujya cyangwa uhandike, mbare igiciro giteganyijwe.
button-anywhere = Nzabwira umushoferi
fare-estimate = Igiciro giteganyijwe: { $fare }.
fare-of-way = Igiciro ni { $fare } ({ $distance }, { $time }).
fare-of-time = Igiciro ni { $fare } ({ $time }).

## Amanota

rate-driver = Umushoferi wawe yari ameze ate?
rate-passenger = Umugenzi wawe yari ameze ate?
label-stars = Inyenyeri
row-stars = { $count ->
    [1] Inyenyeri imwe
   *[other] Inyenyeri { $count }
  }
rated = { $count ->
    [1] Murakoze! Nanditse inyenyeri imwe.
   *[other] Murakoze! Nanditse inyenyeri { $count }.
  }
rated-anew = { $count ->
    [1] Murakoze! Ubu ni inyenyeri imwe.
   *[other] Murakoze! Ubu ni inyenyeri { $count }.
  }
seen-rated = { $seen }, amanota { $rating }
refused-not-completed = Urugendo rwarangiye ni rwo rwonyine ruhabwa amanota.
refused-rating-closed = Urwo rugendo ntirugihabwa amanota.

## Igihe umushoferi azira, n'impamvu utabajijwe

driver-needs = Umushoferi arakenera nka { $time }.
driver-nearly = Umushoferi ari hafi kuhagera.
silent-offline = Maze igihe kirekire ntazi aho uri, none nagukuye ku murongo: nta muntu ugutegereza ubusa. Garuka igihe cyose ubishakiye.
why-never-drove = Nturigera uba ku murongo. Andika GUTWARA utware abagenzi.
why-now-offline = Ntabwo uri ku murongo, nta muntu ushobora kugusaba. Andika GUTWARA ugaruke.
why-now-busy = Uri mu rugendo, nta wundi ugusaba.
why-now-online = Uri ku murongo, kandi aho uri hashize { $age } hoherejwe.
why-missed = Ubusabe buheruka utabonye, n'impamvu:
why-none-missed = Kuva ejo nta busabe bwa hafi utabonye.
why-line = { $when } - { $reason }
why-others-nearer = abandi bari hafi kurushaho (wowe: { $distance })
why-stale = aho wari uri hari hashize { $age } hoherejwe
why-too-far = aho gufatira umugenzi hari kure cyane ({ $distance })
why-busy = wari uhuze
why-offline = ntiwari ku murongo
why-other-vehicle = hashakwaga ikindi kinyabiziga
why-quiet = wari mu gihe cyawe cy'ituze

## Ubwishingizi

certificate-none = Nta cyemezo cy'ubwishingizi cyawe mfite.
certificate-waits = Icyemezo cyawe cyatugezeho. Hari ukireba, nzakubwira.
certificate-over = Icyemezo cyawe cy'ubwishingizi cyarangiye. Ohereza igishya.
certificate-rejected = Ntitwashoboye kwemera icyemezo cyawe: { $reason }. Ohereza ikindi.
certificate-approved = Icyemezo cyawe cyemewe. Gifite agaciro kugeza { $when }.
certificate-received = Icyemezo cyawe cyahageze (amafoto cyangwa dosiye kugeza ubu: { $count }). Hari ukireba, nzakubwira.
certificate-soon = Icyemezo cyawe cy'ubwishingizi kizarangira { $when }. Ohereza igishya mbere yaho.
certificate-ask = Nyoherereza ifoto cyangwa PDF y'icyemezo cyawe cy'ubwishingizi. Gishobora kugira impapuro nyinshi.
insured-until = Ufite ubwishingizi kugeza { $when }.
rejected-unreadable = ntigisomeka
rejected-something-else = si icyemezo cy'ubwishingizi
rejected-out-of-date = cyarengeje igihe
rejected-not-theirs = cyanditseho undi muntu cyangwa ikindi kinyabiziga
rejected-incomplete = hari urupapuro rubura
rejected-other = hari ikitagenda neza
cover-needed = Hano abashoferi bafite ubwishingizi ni bo bonyine bajya ku murongo.
cover-send = Ohereza icyemezo cyawe cy'ubwishingizi. Nikimara kwemerwa uzashobora gutwara abagenzi.
cover-waits = Icyemezo cyawe cyatugezeho. Nzakwandikira nihagira ukireba.
cover-offline = Nagukuye ku murongo, kuko hano abafite ubwishingizi ari bo bonyine batwara abagenzi.
claim-ask = Byagenze bite, hehe kandi ryari? Bisobanure mu magambo yawe.
claim-words-please = Banza wandike uko byagenze; amafoto araza nyuma.
claim-noted = Nanditse ikirego cyawe, nomero { $number }.
claim-documents = Ufite amafoto cyangwa PDF bibyerekana? Byohereze ubu.
claim-documents-received = Inyandiko z'ikirego { $number } zahageze (kugeza ubu: { $count }).
claim-line = Ikirego { $number } - { $state }
claim-submitted = gitegereje kurebwa
claim-in-review = hari ukireba
claim-accepted = cyemewe
claim-rejected = cyanzwe
refused-claims = Ufite ibirego byinshi bitararangira. Tegereza ko kimwe gifatirwa icyemezo.
refused-description = Sinashoboye kubika ayo magambo. Yandike mu magambo make.
file-please = Byohereze nk'ifoto cyangwa PDF.
file-coming = Ndimo kuzana dosiye yawe, nzakubwira nigera hano. Ushobora kohereza n'izindi.
file-too-large = Dosiye yawe ni nini cyane, sinayifashe. Ohereza intoya.
file-wrong-kind = Nakira amafoto (JPG cyangwa PNG) na dosiye za PDF gusa. Byohereze utyo.
file-too-many = Dosiye zimaze kuba nyinshi uko nshobora kwakira, iyo sinayifashe.
file-closed = Icyo kirego cyafatiwe icyemezo, sinafashe dosiye yawe.
file-unreachable = Sinashoboye kuzana dosiye yawe. Yongere uyohereze.
button-insurance = Ubwishingizi
button-certificate = Ohereza icyemezo
button-claim = Tanga ikirego
button-done = Birangiye

## Ahantu wabitse

places-yours = Cyangwa hitamo hamwe mu hantu hawe.
places-list = Ahantu hawe:
places-none = Nta hantu urabika. Bika hamwe, ubutaha izina ryaho rizaba rihagije.
place-where = Aho hantu ni hehe?
place-name = Nhite nte? Hitamo, cyangwa wandike izina.
place-name-unreadable = Izina rigira inyuguti 1 kugeza kuri 40, harimo inyuguti cyangwa imibare.
place-card = { $place }: { $link }
place-saved = Habitswe: { $place }.
place-same = Aho ni ho hamwe na { $place }, nagumishijeho iryo zina.
place-deleted = Aho hantu hasibwe.
place-gone = Aho hantu ntihakibitse.
place-name-taken = Ufite ahandi hantu hafite iryo zina.
places-too-many = Sinshobora kubika ahandi hantu. Banza usibe hamwe.
place-recent = Uherutse kuhaba
row-place-home = Mu rugo
row-place-work = Ku kazi
row-place-school = Ku ishuri
row-add-place = Ongeraho ahantu
row-save-pickup = Bika aho wafatiwe
row-save-pickup-about = Ubutaha izina ryaho rizaba rihagije
button-rename-place = Hindura izina
button-delete-place = Siba
button-places = Ahantu hanjye
label-your-places = Ahantu hawe
label-place-names = Amazina

## Ibyo impande ebyiri z'urugendo zibwirana

relay-hint-driver = Ibyo wandika hano bigera ku mushoferi wawe, kandi ntabona nimero yawe.
relay-hint-passenger = Ibyo wandika hano bigera ku mugenzi wawe, kandi ntabona nimero yawe.
relay-told-driver = Nabibwiye umushoferi wawe.
relay-told-passenger = Nabibwiye umugenzi wawe.
relay-masked = Nakuyemo ibisa na nimero cyangwa linki: hano nimero ziguma mu ibanga.
relay-driver-silent = Umushoferi wawe yansabye guceceka, ntabwo asoma ibi.
relay-passenger-silent = Umugenzi wawe yansabye guceceka, ntabwo asoma ibi.
relay-no-media = Ntanga amagambo n'ahantu, ariko si amafoto, amajwi cyangwa amadosiye.
relay-driver = Umushoferi:
relay-passenger = Umugenzi:
relay-place = Ndi hano: { $link }
relay-place-near = Ndi hafi ya { $place }: { $link }
refused-relay-closed = Urwo rugendo rwararangiye, sinshobora gutanga ubutumwa.
refused-relay-long = Ubu butumwa ni burebure cyane. Bivuge mu magambo make.
exchange-nobody = Ubu nta mushoferi cyangwa umugenzi ufite mwahana nimero.
exchange-no-number = Nta nimero yawe ya telefone nzi, nta yo gutanga ihari.
exchange-asked = Nabajije. Undi niyemera, buri wese ndamubwira nimero y'undi.
exchange-kept = Nimero yawe iguma mu ibanga.
exchange-driver-asks = Umushoferi wawe arifuza ko muhana nimero za telefone. Niba wemeye, andika TANGA NIMERO; bitabaye ibyo nimero yawe iguma mu ibanga.
exchange-passenger-asks = Umugenzi wawe arifuza ko muhana nimero za telefone. Niba wemeye, andika TANGA NIMERO; bitabaye ibyo nimero yawe iguma mu ibanga.
exchange-driver-number = Mwembi mwemeye. Nimero y'umushoferi wawe:
exchange-passenger-number = Mwembi mwemeye. Nimero y'umugenzi wawe:
exchange-none = Mwembi mwemeye, ariko nta nimero y'undi nzi.
button-share-number = Tanga nimero yanjye
button-keep-number = Sigarana nimero
row-block = Ntuzongere kuduhuza
row-block-about = Undi ntabwo abibwirwa
block-done = Sinzongera kubahuza, kandi undi ntabwo abibwirwa. Andika ABAFUNZWE urebe urutonde.
block-nobody = Ubu nta rugendo ufite rufite undi wafunga.
blocked-none = Nta muntu wafunze.
blocked-list = Abo wafunze, ukurikije ingendo. Hitamo urugendo kugira ngo mwongere guhuzwa.
label-blocked = Abafunzwe
unblocked = Ni byiza, mushobora kongera guhuzwa.

## Amasaha y'ituze

quiet-ask = Kuva ryari kugeza ryari nakureka utuje? Hitamo, cyangwa wandike amasaha, urugero 22-6. Muri icyo gihe nta busabe cyangwa inyibutsa ubona; ibyo wanditse buri gihe ndabisubiza.
quiet-are = Amasaha yawe y'ituze: { $from } kugeza { $until }.
quiet-unread = Ayo masaha sinayumvise.
quiet-set = Ni byiza: kuva { $from } kugeza { $until } ndakureka utuje. Andika ITUZE niba ushaka kubihindura.
quiet-ended = Ni byiza, nta masaha y'ituze ugifite.
quiet-now = Ubu ni igihe cyawe cy'ituze kugeza { $until }: mbere yaho nta busabe ubona. Andika ITUZE niba ushaka kubihindura.
row-quiet-none = Nta masaha y'ituze
label-quiet = Amasaha

## Ibyumviswe

items-question = Nabyumvise neza? Nabibika nkazabikwereka igihe bikenewe.
item-place = Ahantu: { $place }
item-time = Igihe: { $when }
item-contact = Umuntu: { $name } ({ $code })
items-kept = Nabitse ibi:
items-dropped = Ni byiza, simbibika.
item-known = Ibyo nsanzwe mbizi.
item-applied = Ibyo namaze kubibika.
item-gone = Ibyo ntibigitegereje igisubizo.
item-time-over = Icyo gihe cyararenze, sinakibitse.
item-full = Sinshobora kubika ibindi nk'ibi. Banza wibagirwe kimwe: andika IBYABITSWE.
item-waits = Mbibike?
notes-list = Ibitegereje igisubizo cyawe, n'ibyo mbika. Ahantu hari ku rutonde rw'ahantu hawe.
notes-none = Nta kintu mbika mu byo wanditse, kandi nta gitegereje igisubizo cyawe.
note-forgotten = Byibagiranye.
note-gone = Ibyo sinkibibika.
button-keep = Bika
button-drop-item = Ntubike
button-one-by-one = Kimwe kimwe
button-notes = Ibyabitswe
button-forget = Ibagirwa
label-notes = Ibyabitswe byawe
label-contacts = Abantu bawe
