# Not yet reviewed by a native speaker.
# Yale ambayo watu wanasoma kwa Kiswahili.
#
# WhatsApp: button- na label- herufi 20, row- 24, row-...-about 72. SMS: herufi za GSM-7 tu.

## Lugha na makaribisho

language-name = Kiswahili
first-contact = Karibu Hailwire, unapopata usafiri au abiria. Ungependa lugha gani?
language-question = Ungependa lugha gani?
language-chosen = Sawa, tuendelee kwa Kiswahili.
label-languages = Lugha

## Menyu na msaada

home = Ungependa kufanya nini? Andika MENYU wakati wowote kurudi hapa, au LUGHA kubadilisha lugha.
home-online = Uko mtandaoni: maombi ya karibu nawe yanakuja hapa. Tuma mahali ulipo kila unapohama.
button-ride = Pata usafiri
button-drive = Beba abiria
button-trips = Safari zangu
button-offline = Ondoka mtandaoni
button-menu = Menyu
help = Maneno ninayoelewa: USAFIRI (pata usafiri), ENDESHA (beba abiria), PUMZIKA (maombi yasije tena), SAFARI ZANGU, BEI (bei za safari), MBONA (kwa nini hukuulizwa), POCHI (pesa zako), ALIKA (mwenzako), BIMA (cheti, madai), NAMBARI (nambari yako ya SMS), PANGA (safari ya baadaye), RATIBA (zilizopangwa), MAENEO (uliyohifadhi), KUMBUKUMBU (ninayohifadhi), UTULIVU (saa bila maombi), LUGHA, RUDI, MENYU, STOP (ujumbe usije tena).
not-understood = Sikuelewa hilo.
choose-first = Tafadhali chagua mojawapo.
cannot-read = Siwezi kusoma ujumbe wa aina hii.
cannot-read-media = Siwezi kufungua picha, sauti wala faili.
cannot-read-contact = Siwezi kutumia kadi za anwani.
cannot-read-order = Siwezi kupokea oda za katalogi.
cannot-read-edit = Sioni kilichobadilishwa. Tafadhali andika tena.
dead-button = Kitufe hicho hakifanyi kazi tena.
location-what-for = Asante kwa kutuma mahali. Ni kwa ajili ya nini?
button-ride-here = Safiri kutoka hapa
button-drive-here = Beba abiria hapa
late = Ujumbe wako umechelewa kwa { $age }, kwa hiyo sikuufanyia kazi.
restarted-lapsed = Swali langu lilikaa muda mrefu bila jibu, kwa hiyo tunaanza upya.
restarted-changed = Nimebadilika tangu tulipoandikiana mwisho, kwa hiyo tuanze upya.
apology = Samahani, kuna hitilafu upande wetu. Huenda ujumbe wako haukufanya kazi: tafadhali angalia, kisha ujaribu tena baadaye.
answer-takes-longer = Kwa sasa tunachelewa kidogo. Ujumbe wako uko salama na utajibiwa.

## Ridhaa

stopped = Hutapata tena ujumbe kutoka kwetu. Andika START ili kurudi.
started = Karibu tena!
started-already = Tayari unapata ujumbe wetu.

## Vyombo vya usafiri

vehicle-moto = Pikipiki
vehicle-cab = Teksi
vehicle-lifan = Lifan
vehicle-truck = Lori
vehicle-other = Kingine
label-vehicles = Vyombo vya usafiri

## Mahali

place-share = Gusa kitufe utume mahali ulipo, au andika mahali, kwa mfano Kimironko Market.
place-type = Andika mahali panapojulikana (Kimironko Market), msimbo wa plus (23WV+52 Kigali), au latitudo na longitudo (-1.9441, 30.0619).
place-unknown = Mahali hapo sipajui.
place-which = Unamaanisha mahali gani?
place-noted = Nimehifadhi mahali hapo.
place-outdated = Mahali hapo palitumwa muda uliopita.
label-places = Mahali

## Kupata usafiri

ride-vehicle = Unahitaji chombo gani?
ride-where = { $vehicle }: uchukuliwe wapi?
pickup-at = Mahali pa kuchukuliwa: { $place }
nobody-near = Hakuna dereva aliye huru karibu nawe kwa sasa ({ $vehicle }). Jaribu tena baada ya dakika chache, au chagua chombo kingine.
ride-drivers = { $count ->
    [one] Dereva 1 yuko huru karibu nawe ({ $vehicle }). Nimuulize?
   *[other] Madereva { $count } wako huru karibu nawe ({ $vehicle }). Uliza mmoja au wote: wa kwanza kukubali ndiye anayekuja.
  }
label-drivers = Madereva
row-ask-all = Uliza wote
row-ask-all-about = { $count ->
    [one] Dereva 1 karibu nawe
   *[other] Madereva { $count }: wa kwanza kukubali ndiye anayekuja
  }
row-driver = Dereva { $number }: { $distance }
seen-now = Yuko hapo sasa hivi
seen-before = Alikuwa hapo { $age } nyuma
list-outdated = Orodha hiyo imepitwa na wakati.
asked = { $count ->
    [one] Dereva 1 ameulizwa.
   *[other] Madereva { $count } wameulizwa.
  }
button-search-again = Tafuta tena
button-other-vehicle = Chombo kingine
already-on-trip = Una safari ambayo haijaisha:

## Safari ya abiria

passenger-requested = Ninakutafutia dereva ({ $vehicle }).
passenger-offered = Nitakuandikia mara dereva atakapokubali ({ $vehicle }).
passenger-accepted = Dereva wako yuko njiani ({ $vehicle }).
passenger-arrived = Dereva wako amefika ({ $vehicle }) na anakusubiri mahali pa kuchukuliwa.
passenger-in-progress = Safari yako inaendelea.
told-accepted = Habari njema: dereva yuko njiani kuja kwako ({ $vehicle }).
told-accepted-distance = Habari njema: dereva yuko njiani kuja kwako ({ $vehicle }), umbali wa { $distance } kutoka mahali pa kuchukuliwa.
told-started = Safari yako imeanza. Safari njema!
told-completed = Safari yako imekamilika. Asante kwa kusafiri nasi!
told-exhausted = Kati ya niliowauliza hakuna anayeweza kuja. Nitafute tena?
told-expired = Hakuna aliyekuja kwa wakati, kwa hiyo ombi lako limefungwa. Nitafute tena?
told-cancelled-passenger = Dereva wako ameacha safari hii.

## Kuendesha

drive-vehicle = Unaendesha chombo gani?
row-offline = Ondoka mtandaoni
row-offline-about = Maombi yasije tena
drive-where = Uko wapi sasa?
online = Uko mtandaoni ({ $vehicle }). Maombi ya karibu nawe yanakuja hapa. Tuma mahali ulipo kila unapohama.
online-at = Uko mtandaoni ({ $vehicle }): { $place }. Maombi ya karibu nawe yanakuja hapa. Tuma mahali ulipo kila unapohama.
moved = Nimejua mahali ulipo sasa.
offline = Umeondoka mtandaoni na hutapata maombi tena.

## Maombi kwa dereva

offer = Abiria anahitaji usafiri ({ $vehicle }), { $distance } kutoka ulipo. Dereva wa kwanza kukubali anampata.
offer-near = Abiria anahitaji usafiri ({ $vehicle }), { $distance } kutoka ulipo, karibu na { $place }. Dereva wa kwanza kukubali anampata.
offers-open = Maombi yako yanayosubiri:
offers-waiting = Ombi linasubiri jibu lako.
button-accept = Kubali
button-decline = Kataa
row-accept = Kubali, { $distance }
row-decline = Kataa, { $distance }
label-offers = Maombi
accepted = Safari ni yako!
declined = Sawa, ombi linabaki kwa wengine.
offer-lapsed = Muda wa kujibu ombi hili umeisha.
offer-taken = Dereva mwingine amekuwahi: ombi limefungwa.
offer-withdrawn = Abiria hahitaji tena usafiri: ombi limefungwa.

## Safari ya dereva

driver-accepted = Nenda mahali pa kumchukua abiria, kisha niambie ukifika.
driver-arrived = Abiria wako anajua kuwa umefika. Niambie mnapoondoka.
driver-in-progress = Safari njema. Niambie itakapoisha.
driver-completed = Safari imekamilika. Hongera!
pickup = Mchukue hapa: { $link }
pickup-near = Mchukue karibu na { $place }: { $link }
button-arrived = Nimefika
button-start = Anza safari
button-complete = Maliza safari
told-cancelled-driver = Abiria wako ameacha safari hii. Uko huru tena.

## Kuacha safari

button-leave = Acha safari
why = Kwa nini unaacha safari hii? Upande wa pili utajulishwa.
label-reasons = Sababu
row-reason-wait = Nimesubiri sana
row-reason-plans = Mipango imebadilika
row-reason-found = Nina usafiri mwingine
row-reason-vehicle = Chombo kina tatizo
row-reason-noshow = Dereva hakuja
button-absent = Abiria hayupo
row-reason-far = Ni mbali sana
row-reason-other = Sababu nyingine
row-keep = Endelea na safari
told-wait = Kusubiri kulikuwa kurefu mno.
told-plans = Mipango imebadilika.
told-found = Usafiri mwingine umepatikana.
told-vehicle = Chombo kina tatizo.
told-absent = Hukuonekana mahali pa kuchukuliwa. Imeandikwa kuwa safari hii ilikupita.
told-noshow = Hukufika kwa wakati. Imeandikwa kuwa safari hii ilikupita.
told-far = Ilikuwa mbali mno.
told-other = Hakuna sababu iliyotolewa.
given-up = Umeacha safari, na upande wa pili unajua.
given-up-absent = Safari imefungwa, na abiria wako anajua. Imeandikwa kuwa hakuna aliyekuja.
given-up-noshow = Safari imefungwa, na dereva wako anajua. Imeandikwa kuwa hakuna aliyekuja.
absent-too-early = Abiria wako bado ana muda kidogo. Asipokuja, unaweza kusema hivyo baada ya { $time }.
noshow-too-early = Dereva wako bado ana muda kidogo. Asipokuja, unaweza kusema hivyo baada ya { $time }.
trip-over = Safari hiyo imeisha: { $state }.

## Safari

trips = Safari zako za hivi karibuni:
no-trips = Bado huna safari.
trip-line = { $when } - { $vehicle }, { $state }
moment-pattern = d MMM, HH:mm
state-requested = dereva anatafutwa
state-offered = dereva anasubiriwa
state-accepted = dereva yuko njiani
state-arrived = dereva amefika
state-in-progress = inaendelea
state-completed = imekamilika
state-cancelled = imeachwa
state-expired = hakuna aliyekuja

## Yasiyowezekana

refused-location = Siwezi kutumia mahali hapo.
refused-vehicle = Tafadhali chagua chombo kwanza.
refused-presence = Hauko mtandaoni.
refused-trip-open = Tayari una safari ambayo haijaisha.
refused-no-drivers = Uliyemwuliza hayuko huru tena.
refused-no-shows = Hivi karibuni madereva wamekusubiri bure mara nyingi mno. Unaweza kuomba safari tena baada ya { $when }.
refused-offer-unknown = Silioni tena ombi hilo.
refused-offer-expired = Muda wa kujibu ombi hilo umeisha.
refused-trip-taken = Dereva mwingine amekuwahi mara hii. Ombi lingine linakuja karibuni!
refused-trip-closed = Abiria hahitaji tena safari hiyo.
refused-driver-busy = Tayari uko safarini. Maliza safari hiyo kwanza.
refused-offer-declined = Tayari umekataa ombi hilo.
refused-trip-unknown = Siioni safari hiyo.
refused-step = Hilo haliendani tena na safari hii. Hali ilivyo sasa:

## Muda

age-minutes = dakika { $count }
age-hours = saa { $count }
age-days = siku { $count }
age-months = zaidi ya mwezi

## Kusahauliwa

erase-question = Nitafuta yote tunayojua kukuhusu: jina, namba, ujumbe na mahali. Hayawezi kurudishwa. Una uhakika?
button-erase = Futa yote
button-erase-not = Usifute
erase-on-trip = Kwanza maliza au acha safari yako, kisha niombe tena.
erase-money = Pochi yako bado ina { $balance }, na hakuna atakayeweza kukurudishia. Kwanza mtumie mtu: andika POCHI.
erased = Imefanyika: baada ya dakika chache hatutajua chochote kukuhusu. Huu ni ujumbe wetu wa mwisho. Ukiandika tena, utakuwa mgeni kwetu.

## Pochi

wallet-balance = Salio lako ni { $balance }.
wallet-code = Namba ya pochi yako ni { $code }. Anayeijua anaweza kukutumia pesa, si zaidi.
button-wallet = Pochi
button-send-money = Tuma pesa
button-history = Historia
button-more = Zaidi
wallet-payee = Nani apokee pesa? Andika namba ya pochi yake, kama HW-2A3B4C5. Huiona anapoandika POCHI.
wallet-amount = Pesa zitaenda kwa { $payee }. Kiasi gani? Una { $balance }.
wallet-confirm = Nitume { $amount } kwa { $payee }? Haiwezi kurudishwa.
button-pay = Tuma sasa
button-do-not-pay = Usitume
wallet-outdated = Niliuliza hilo muda uliopita, kwa hiyo sikutuma chochote.
wallet-sent = Imetumwa: { $amount } kwa { $payee }. Umebakiwa na { $balance }.
wallet-history = Zilizoingia na kutoka, mpya kwanza:
wallet-no-history = Bado hakuna kilichoingia wala kutoka.
entry-line = { $when }: { $amount } - { $what }
entry-sent = kwa { $other }
entry-received = kutoka kwa { $other }
entry-credit = zimewekwa
entry-reward = zawadi
entry-merge = kati ya pochi zako
entry-reversal = marekebisho
entry-reversed = imerudishwa
refused-payee = Siijui namba hiyo ya pochi. Tafadhali angalia kila herufi.
refused-self = Hiyo ni pochi yako mwenyewe.
refused-amount = Siwezi kutuma kiasi hicho. Andika kwa tarakimu, kama 1500.
refused-amount-small = Kiasi kidogo unachoweza kutuma ni { $minimum }.
refused-amount-large = Kiasi kikubwa unachoweza kutuma kwa mara moja ni { $limit }.
refused-daily-limit = Ndani ya saa 24 unaweza kutuma jumla ya { $limit }; imebaki { $left }.
refused-wallet-new = Pochi yako ni mpya. Inapokea pesa sasa, na itaweza kutuma baada ya { $age }.
refused-balance = Huna kiasi hicho.
told-money-from = Umepokea { $amount } kutoka kwa { $other } Salio lako ni { $balance }.
told-money = Umepokea { $amount }. Salio lako ni { $balance }.
told-money-corrected = Tumerekebisha salio lako kwa { $amount }. Salio lako ni { $balance }.


## Mialiko

invite-off = Kwa sasa mialiko haina zawadi.
invite-code = Namba yako ya mwaliko ni { $code }. Mtu mpya huandika ALIKA { $code } kabla ya { $age } kupita tangu ujumbe wake wa kwanza.
invite-link = Au anafungua kiungo hiki na kutuma kilichomo: { $link }
invite-both = Safari yake ya kwanza ikikamilika, wewe unapata { $reward } na yeye anapata { $newcomer }.
invite-yours = Safari yake ya kwanza ikikamilika, unapata { $reward }.
invite-theirs = Safari yake ya kwanza ikikamilika, anapata { $newcomer }.
invite-left = Zawadi zilizobaki kwa siku 30 zijazo: { $number }.
invite-none-left = Mialiko yako imemaliza zawadi zote za mwezi huu: kwa sasa siandiki mingine.
invited = Nimeandika mwaliko uliokuleta.
invited-reward = Safari yako ya kwanza ikikamilika, kabla ya { $when }, unapata { $reward }.
refused-invite-unknown = Siijui namba hiyo ya mwaliko. Tafadhali angalia kila herufi.
refused-invite-self = Hiyo ni namba yako mwenyewe ya mwaliko.
refused-invite-exists = Ulikuja kwa mwaliko tayari, na wa kwanza tu ndio unaohesabiwa.
refused-invite-ridden = Mwaliko huhesabiwa kabla ya safari ya kwanza tu.
refused-invite-late = Mwaliko huhesabiwa kabla ya { $age } kupita tangu ujumbe wa kwanza.
refused-invite-limit = Namba hiyo imemaliza zawadi zote za mwezi huu, kwa hiyo sasa haina zawadi.
told-reward-inviting = Mtu uliyemwalika amekamilisha safari ya kwanza. Asante! Umepokea { $amount }. Salio lako ni { $balance }.
told-reward-invited = Safari yako ya kwanza kwa mwaliko imekamilika. Umepokea { $amount }. Salio lako ni { $balance }.

## Nambari

number-code = Nambari yako ya siri ya Hailwire ni { $code }. Inatumika kwa dakika 10. Usimpe mtu yeyote.
number-which = Unatumia nambari gani kwa SMS? Iandike, na msimbo utatumwa huko.
number-by-whatsapp = Niandikie NAMBARI kwenye WhatsApp: huko unaweza kuongeza simu hii.
number-unreadable = Siwezi kuandikia nambari hiyo. Iandike kwa + na msimbo wa nchi.
number-sent = Msimbo uko njiani kwenda kwenye simu hiyo.
number-type-code = Andika hapa tarakimu sita za SMS. Zinatumika kwa dakika 10. Andika RUDI kwa nambari nyingine.
number-six-digits = Msimbo una tarakimu sita.
number-proved = Hiyo ni nambari yako: kwa SMS na WhatsApp tunaendelea katika mazungumzo moja.
refused-number-yours = Nambari hiyo tayari ni yako.
refused-number-silent = Simu hiyo iliniomba nisiiandikie. Kwanza andika START huko.
refused-code-soon = Msimbo umetumwa sasa hivi. Subiri dakika moja kabla ya kuomba mwingine.
refused-code-limit = Misimbo ya leo inatosha. Jaribu tena kesho.
refused-code = Msimbo huo haukubaliki: si sahihi, umepitwa na wakati, au umejaribiwa mara nyingi.

## Safari za baadaye

schedule-vehicle = Safari ya baadaye: unahitaji chombo gani?
schedule-when = Lini? Chagua, au andika siku na saa, kwa mfano kesho saa mbili asubuhi.
schedule-write = Andika siku na saa, kwa mfano ijumaa saa moja asubuhi au kesho 18:30.
schedule-which = Unamaanisha saa gani?
schedule-unread = Sikuelewa saa hiyo.
schedule-past = Saa hiyo imepita.
schedule-far = Ninaweza kupanga ndani ya siku 30 tu.
schedule-confirm = { $vehicle }: { $when }. Nipange safari hii?
schedule-confirm-change = Saa mpya: { $when }. Nibadilishe safari?
schedule-booked = Imepangwa. Nitakukumbusha kabla, na nitauliza madereva kwa wakati.
schedule-moved = Safari imepata saa mpya.
schedule-exists = Tayari una safari iliyopangwa saa hiyo.
schedule-too-many = Tayari una safari nyingi zilizopangwa. Futa moja kwanza.
schedule-gone = Safari hiyo haijapangwa tena.
schedule-changed = Hilo limebadilika wakati huo.
schedule-under-way = Dereva wa safari hiyo yuko njiani tayari. Andika SAFARI ZANGU kuiona.
schedule-skipped = Mara hiyo moja haitakuwepo.
schedule-dropped = Safari imefutwa.
schedule-list = Safari zako zijazo:
schedule-none = Huna safari zilizopangwa.
schedule-line = { $vehicle }: { $when }.
schedule-next = Inayofuata: { $when }.
label-times = Saa
label-schedules = Safari
button-schedules = Ratiba yangu
button-later = Safiri baadaye
button-book = Thibitisha
button-other-time = Saa nyingine
button-change-time = Badilisha saa
button-skip-ride = Si mara hii
button-drop-schedule = Futa safari
row-later = Panga kwa baadaye
row-later-about = Baada ya saa moja, kesho, kila asubuhi ...
row-now = Sasa
row-in-half-an-hour = Baada ya dakika 30
row-in-an-hour = Baada ya saa 1
row-in-two-hours = Baada ya saa 2
row-in-five-hours = Baada ya saa 5
row-tomorrow-morning = Kesho 08:00
row-tomorrow-evening = Kesho 18:00
row-every-morning = Kila asubuhi 08:00
row-every-evening = Kila jioni 18:00
row-other-time = Wakati mwingine
row-daily = Kila siku { $time }
row-weekly = Kila { $day } { $time }
pickup-time = Saa ya kuchukuliwa: { $when }.
told-reminder = Kumbusho: safari yako ({ $vehicle }) imepangwa { $when }. Nitauliza madereva muda mfupi kabla.
told-nobody-yet = Bado hakuna aliye huru kwa safari yako ya { $when }. Ninaendelea kutafuta hadi { $until }.
told-missed = Samahani: hakuna aliyekuwa huru kwa safari yako ya { $when }.
told-late = Samahani: tulikuwa na hitilafu wakati wa safari yako ya { $when }, hivyo hakuna dereva aliyeulizwa.
told-busy = Una safari inayoendelea, kwa hiyo sikuomba ile ya { $when }.
told-ride-refused = Sikumwuliza dereva yeyote kwa safari yako ya { $when }: madereva wamekusubiri bure mara nyingi mno. Unaweza kuomba safari tena baada ya { $until }.

## Siku na saa

day-time = { $day }, { $time } ({ $spoken })
time-of-day = { $time } ({ $spoken })
every-day = kila siku, { $time } ({ $spoken })
every-weekday = kila { $days }, { $time } ({ $spoken })
spoken-late = saa { $hour } usiku
spoken-morning = saa { $hour } asubuhi
spoken-day = saa { $hour } mchana
spoken-evening = saa { $hour } jioni
spoken-night = saa { $hour } usiku

## Vikomo

limited-ordinary = Ujumbe ni mwingi mno kwa mara moja, siwezi kuusoma wote. Tafadhali andika tena baada ya { $when }: hadi wakati huo ninasoma STOP tu.
limited-expensive = Picha na sauti ni nyingi mno kwa saa moja. Tafadhali tuma nyingine baada ya { $when }; maandishi ninayasoma kama kawaida.

## Bei

prices = Bei za safari:
price-line = { $vehicle }: { $base }, { $kilometer } kwa kilomita, { $minute } kwa dakika, angalau { $minimum }
ride-whereto = Unataka kwenda wapi? Tuma mahali au andika jina lake, nami nitakadiria bei.
button-anywhere = Nitamwambia dereva
fare-estimate = Bei inayokadiriwa: { $fare }.
fare-of-way = Bei ni { $fare } ({ $distance }, { $time }).
fare-of-time = Bei ni { $fare } ({ $time }).

## Alama

rate-driver = Dereva wako alikuwaje?
rate-passenger = Abiria wako alikuwaje?
label-stars = Nyota
row-stars = { $count ->
    [one] Nyota moja
   *[other] Nyota { $count }
  }
rated = { $count ->
    [one] Asante! Nimeandika nyota moja.
   *[other] Asante! Nimeandika nyota { $count }.
  }
rated-anew = { $count ->
    [one] Asante! Sasa ni nyota moja.
   *[other] Asante! Sasa ni nyota { $count }.
  }
seen-rated = { $seen }, alama { $rating }
refused-not-completed = Safari iliyokamilika tu ndiyo inapewa alama.
refused-rating-closed = Safari hiyo haiwezi tena kupewa alama.

## Dereva anakuja lini, na kwa nini hukuulizwa

driver-needs = Dereva anahitaji takriban { $time }.
driver-nearly = Dereva anakaribia kufika.
silent-offline = Kwa muda mrefu sijui ulipo, kwa hiyo nimekuondoa mtandaoni: hakuna anayekusubiri bure. Rudi wakati wowote.
why-never-drove = Hujawahi kuwa mtandaoni. Andika ENDESHA ubebe abiria.
why-now-offline = Hauko mtandaoni, hakuna anayeweza kukuomba. Andika ENDESHA urudi.
why-now-busy = Uko safarini, hakuna mwingine anayekuomba.
why-now-online = Uko mtandaoni, na mahali ulipo palitumwa { $age } nyuma.
why-missed = Maombi ya karibuni ambayo hukuyapata, na sababu:
why-none-missed = Tangu jana hakuna ombi la karibu ambalo hukulipata.
why-line = { $when } - { $reason }
why-others-nearer = wengine walikuwa karibu zaidi (wewe: { $distance })
why-stale = mahali ulipokuwa palitumwa { $age } nyuma
why-too-far = mahali pa kuchukua abiria palikuwa mbali mno ({ $distance })
why-busy = ulikuwa na kazi
why-offline = hukuwa mtandaoni
why-other-vehicle = kilihitajika chombo kingine
why-quiet = ilikuwa saa yako ya utulivu

## Bima

certificate-none = Sina cheti chako cha bima.
certificate-waits = Cheti chako kimetufikia. Kuna anayekiangalia, nitakuambia.
certificate-over = Cheti chako cha bima kimekwisha muda. Tafadhali tuma kipya.
certificate-rejected = Hatukuweza kukubali cheti chako: { $reason }. Tafadhali tuma kingine.
certificate-approved = Cheti chako kimekubaliwa. Ni halali hadi { $when }.
certificate-received = Cheti chako kimefika (picha au faili hadi sasa: { $count }). Kuna anayekiangalia, nitakuambia.
certificate-soon = Cheti chako cha bima kitaisha { $when }. Tafadhali tuma kipya kabla ya hapo.
certificate-ask = Nitumie picha au PDF ya cheti chako cha bima. Kinaweza kuwa na kurasa kadhaa.
insured-until = Una bima hadi { $when }.
rejected-unreadable = hakisomeki
rejected-something-else = si cheti cha bima
rejected-out-of-date = muda wake umepita
rejected-not-theirs = kina jina la mtu mwingine au chombo kingine
rejected-incomplete = ukurasa mmoja haupo
rejected-other = kuna kitu hakiko sawa
cover-needed = Hapa ni madereva wenye bima tu wanaoweza kuwa mtandaoni.
cover-send = Tafadhali tuma cheti chako cha bima. Kikishakubaliwa unaweza kubeba abiria.
cover-waits = Cheti chako kimeshatufikia. Nitakuandikia kikishaangaliwa.
cover-offline = Nimekuondoa mtandaoni, kwa sababu hapa ni madereva wenye bima tu wanaobeba abiria.
claim-ask = Nini kilitokea, wapi na lini? Eleza kwa maneno yako.
claim-words-please = Tafadhali andika kwanza kilichotokea; picha zije baadaye.
claim-noted = Nimeandika dai lako, namba { $number }.
claim-documents = Je, una picha au PDF zinazoonyesha? Zitume sasa.
claim-documents-received = Hati za dai { $number } zimefika (hadi sasa: { $count }).
claim-line = Dai { $number } - { $state }
claim-submitted = linasubiri kuangaliwa
claim-in-review = kuna anayeliangalia
claim-accepted = limekubaliwa
claim-rejected = limekataliwa
refused-claims = Madai yako kadhaa bado yako wazi. Tafadhali subiri mojawapo liamuliwe.
refused-description = Sikuweza kuhifadhi maandishi hayo. Tafadhali andika kwa ufupi.
file-please = Tafadhali tuma kama picha au PDF.
file-coming = Ninaleta faili yako, nitakuambia ikifika. Unaweza kutuma nyingine.
file-too-large = Faili yako ni kubwa mno, sikuichukua. Tafadhali tuma ndogo zaidi.
file-wrong-kind = Ninapokea picha (JPG au PNG) na faili za PDF tu. Tafadhali tuma hivyo.
file-too-many = Faili tayari ni nyingi kadiri ninavyoweza kupokea, hiyo sikuichukua.
file-closed = Dai hilo limeshaamuliwa, sikuichukua faili yako.
file-unreachable = Sikuweza kuleta faili yako. Tafadhali itume tena.
button-insurance = Bima
button-certificate = Tuma cheti
button-claim = Toa dai
button-done = Imekamilika

## Maeneo yaliyohifadhiwa

places-yours = Au chagua mojawapo ya maeneo yako.
places-list = Maeneo yako:
places-none = Bado hujahifadhi mahali. Hifadhi moja, na wakati ujao jina lake litatosha.
place-where = Mahali hapo ni wapi?
place-name = Nipaite vipi? Chagua, au andika jina.
place-name-unreadable = Jina lina herufi 1 hadi 40, zikiwemo herufi au tarakimu.
place-card = { $place }: { $link }
place-saved = Pamehifadhiwa: { $place }.
place-same = Hapo ni mahali pamoja na { $place }, kwa hiyo nimebaki na hilo.
place-deleted = Mahali hapo pamefutwa.
place-gone = Mahali hapo hapajahifadhiwa tena.
place-name-taken = Una mahali pengine penye jina hilo.
places-too-many = Siwezi kuhifadhi maeneo zaidi. Futa moja kwanza.
place-recent = Ulikuwa hapo hivi karibuni
row-place-home = Nyumbani
row-place-work = Kazini
row-place-school = Shuleni
row-add-place = Ongeza mahali
row-save-pickup = Hifadhi mahali
row-save-pickup-about = Wakati ujao jina lake litatosha
button-rename-place = Badilisha jina
button-delete-place = Futa
button-places = Maeneo yangu
label-your-places = Maeneo yako
label-place-names = Majina

## Yale ambayo pande mbili za safari zinaambiana

relay-hint-driver = Unachoandika hapa kinamfikia dereva wako, ambaye haoni namba yako.
relay-hint-passenger = Unachoandika hapa kinamfikia abiria wako, ambaye haoni namba yako.
relay-told-driver = Nimemwambia dereva wako.
relay-told-passenger = Nimemwambia abiria wako.
relay-masked = Nimeondoa kinachofanana na namba au kiungo: hapa namba zinabaki siri.
relay-driver-silent = Dereva wako ameniomba ninyamaze na hasomi hili.
relay-passenger-silent = Abiria wako ameniomba ninyamaze na hasomi hili.
relay-no-media = Ninapitisha maneno na mahali, lakini si picha, sauti wala faili.
relay-driver = Dereva:
relay-passenger = Abiria:
relay-place = Niko hapa: { $link }
relay-place-near = Niko karibu na { $place }: { $link }
refused-relay-closed = Safari hiyo imekwisha, siwezi kupitisha chochote.
refused-relay-long = Hii ni ndefu mno kupitisha. Iseme kwa maneno machache.
exchange-nobody = Kwa sasa huna dereva wala abiria wa kupeana naye namba.
exchange-no-number = Sijui namba yako yoyote ya simu, kwa hiyo hakuna ya kupeana.
exchange-asked = Nimeuliza. Mwingine akikubali, nitamwambia kila mmoja namba ya mwenzake.
exchange-kept = Namba yako inabaki siri.
exchange-driver-asks = Dereva wako angependa mpeane namba za simu. Ukikubali, andika PEANA NAMBA; la sivyo namba yako inabaki siri.
exchange-passenger-asks = Abiria wako angependa mpeane namba za simu. Ukikubali, andika PEANA NAMBA; la sivyo namba yako inabaki siri.
exchange-driver-number = Nyote mmekubali. Namba ya dereva wako:
exchange-passenger-number = Nyote mmekubali. Namba ya abiria wako:
exchange-none = Nyote mmekubali, lakini sijui namba ya mwenzako.
button-share-number = Peana namba yangu
button-keep-number = Baki na namba yangu
row-block = Usituunganishe tena
row-block-about = Mwenzako haambiwi
block-done = Sitawaunganisha tena kamwe, na mwenzako haambiwi. Andika WALIOZUIWA uone orodha yako.
block-nobody = Kwa sasa huna safari ambayo unaweza kumzuia mwenzako.
blocked-none = Hakuna: hujamzuia mtu yeyote.
blocked-list = Wale uliowazuia, kwa safari. Chagua moja ili mwunganishwe tena.
label-blocked = Waliozuiwa
unblocked = Sawa, mnaweza kuunganishwa tena.

## Saa za utulivu

quiet-ask = Kuanzia saa ngapi hadi saa ngapi nikuache utulie? Chagua, au andika saa, kwa mfano 22-6. Wakati huo hupati maombi wala vikumbusho; unachoandika hujibiwa daima.
quiet-are = Saa zako za utulivu: { $from } hadi { $until }.
quiet-unread = Sikuelewa saa hizo.
quiet-set = Sawa: kuanzia { $from } hadi { $until } nitakuacha utulie. Andika UTULIVU ili kubadilisha.
quiet-ended = Sawa, huna tena saa za utulivu.
quiet-now = Sasa ni saa zako za utulivu hadi { $until }: kabla ya hapo hupati maombi. Andika UTULIVU ili kubadilisha.
row-quiet-none = Hakuna saa za utulivu
label-quiet = Saa

## Yaliyoeleweka

items-question = Je, nimeelewa vizuri? Basi naweza kuhifadhi na kukupendekezea inapofaa.
item-place = Mahali: { $place }
item-time = Wakati: { $when }
item-contact = Mtu: { $name } ({ $code })
items-kept = Nimehifadhi:
items-dropped = Sawa, sihifadhi.
item-known = Hilo tayari ninalijua.
item-applied = Hilo nimeshalihifadhi.
item-gone = Hilo halisubiri jibu tena.
item-time-over = Wakati huo umepita, sikuuhifadhi.
item-full = Siwezi kuhifadhi zaidi. Sahau moja kwanza: andika KUMBUKUMBU.
item-waits = Nihifadhi?
notes-list = Yanayosubiri jibu lako, na ninayohifadhi. Maeneo yako kwenye orodha ya maeneo.
notes-none = Sihifadhi chochote ulichoandika, na hakuna kinachosubiri jibu lako.
note-forgotten = Imesahauliwa.
note-gone = Hilo silihifadhi tena.
button-keep = Hifadhi
button-drop-item = Usihifadhi
button-one-by-one = Moja moja
button-notes = Kumbukumbu
button-forget = Sahau
label-notes = Kumbukumbu zako
label-contacts = Watu wako
