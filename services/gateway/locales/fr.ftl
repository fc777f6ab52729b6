# Ce que les gens lisent en français.
#
# Limites de WhatsApp : button- et label- 20 caractères, row- 24, row-...-about 72.
# Les SMS perdent les lettres accentuées que l'alphabet GSM-7 n'a pas (ç, ê, î...) : la phrase reste lisible sans elles.

## Langue et accueil

language-name = Français
first-contact = Bienvenue chez Hailwire, pour trouver une course ou des passagers. Quelle langue choisissez-vous ?
language-question = Quelle langue choisissez-vous ?
language-chosen = Entendu, continuons en français.
label-languages = Langues

## Menu et aide

home = Que voulez-vous faire ? Écrivez MENU pour revenir ici, ou LANGUE pour changer de langue.
home-online = Vous êtes en ligne : les demandes proches arrivent ici. Envoyez votre position à chaque déplacement.
button-ride = Trouver une course
button-drive = Conduire
button-trips = Mes courses
button-offline = Passer hors ligne
button-menu = Menu
help = Mots que je comprends : COURSE (trouver une course), CONDUIRE (prendre des passagers), HORS LIGNE (plus de demandes), MES COURSES, TARIFS, POURQUOI (une demande vous a échappé), PORTEFEUILLE (votre argent), INVITER (quelqu'un), ASSURANCE (attestation, déclarations), NUMÉRO (votre numéro SMS), PROGRAMMER (une course pour plus tard), RESERVATIONS (celles à venir), LIEUX (vos lieux), NOTES (ce que je garde), SILENCE (heures sans demandes), LANGUE, RETOUR, MENU, STOP (plus de messages).
not-understood = Je n'ai pas compris.
choose-first = Choisissez une de ces options.
cannot-read = Je ne sais pas lire ce type de message.
cannot-read-media = Je ne peux pas ouvrir les photos, les enregistrements ni les fichiers.
cannot-read-contact = Je ne peux pas utiliser les fiches de contact.
cannot-read-order = Je ne prends pas de commandes par catalogue.
cannot-read-edit = Je ne vois pas les corrections. Écrivez-le encore une fois.
dead-button = Ce bouton ne fonctionne plus.
location-what-for = Merci pour la position. Que voulez-vous en faire ?
button-ride-here = Partir d'ici
button-drive-here = Conduire ici
late = Votre message est arrivé avec un retard de { $age } : je n'y ai pas donné suite.
restarted-lapsed = Ma question est restée ouverte trop longtemps : nous recommençons.
restarted-changed = J'ai changé depuis nos derniers messages : nous recommençons.
apology = Désolé, une erreur est survenue chez nous. Votre message a pu rester sans effet : veuillez vérifier et réessayer plus tard.
answer-takes-longer = Nous sommes un peu lents en ce moment. Votre message est enregistré et recevra une réponse.

## Consentement

stopped = Vous ne recevrez plus de messages de notre part. Écrivez START pour revenir.
started = Heureux de vous revoir !
started-already = Vous recevez déjà nos messages.

## Véhicules

vehicle-moto = Moto
vehicle-cab = Voiture
vehicle-lifan = Lifan
vehicle-truck = Camion
vehicle-other = Autre
label-vehicles = Véhicules

## Lieux

place-share = Touchez le bouton pour partager la position, ou écrivez un lieu, par exemple Kimironko Market.
place-type = Écrivez un lieu connu (Kimironko Market), un code plus (23WV+52 Kigali), ou la latitude et la longitude (-1.9441, 30.0619).
place-unknown = Je ne connais pas ce lieu.
place-which = De quel lieu parlez-vous ?
place-noted = J'ai noté le lieu.
place-outdated = Cette position n'est plus assez récente.
label-places = Lieux

## Trouver une course

ride-vehicle = De quel véhicule avez-vous besoin ?
ride-where = { $vehicle } : où faut-il venir vous chercher ?
pickup-at = Départ : { $place }
nobody-near = Aucun chauffeur n'est libre près de vous pour le moment ({ $vehicle }). Essayez dans quelques minutes, ou choisissez un autre véhicule.
ride-drivers = { $count ->
    [one] 1 chauffeur est libre près de vous ({ $vehicle }). Faut-il lui demander ?
   *[other] { $count } chauffeurs sont libres près de vous ({ $vehicle }). Demandez à un seul ou à tous : le premier qui accepte vient.
  }
label-drivers = Chauffeurs
row-ask-all = Demander à tous
row-ask-all-about = { $count ->
    [one] 1 chauffeur près de vous
   *[other] { $count } chauffeurs : le premier qui accepte vient
  }
row-driver = Chauffeur { $number } : { $distance }
seen-now = Là en ce moment
seen-before = Là il y a { $age }
list-outdated = Cette liste n'est plus à jour.
asked = { $count ->
    [one] 1 chauffeur a été contacté.
   *[other] { $count } chauffeurs ont été contactés.
  }
button-search-again = Chercher encore
button-other-vehicle = Autre véhicule
already-on-trip = Vous avez une course en cours :

## La course du passager

passenger-requested = Je cherche un chauffeur ({ $vehicle }).
passenger-offered = Je vous écris dès qu'un chauffeur accepte ({ $vehicle }).
passenger-accepted = Votre chauffeur est en route ({ $vehicle }).
passenger-arrived = Votre chauffeur est arrivé ({ $vehicle }) et vous attend au point de départ.
passenger-in-progress = Votre course a commencé.
told-accepted = Bonne nouvelle : un chauffeur vient vous chercher ({ $vehicle }).
told-accepted-distance = Bonne nouvelle : un chauffeur vient vous chercher ({ $vehicle }), à { $distance } du point de départ.
told-started = Votre course commence. Bonne route !
told-completed = Votre course est terminée. Merci de votre confiance !
told-exhausted = Aucun des chauffeurs contactés ne peut venir. Faut-il chercher encore ?
told-expired = Personne n'est venu à temps, votre demande est close. Faut-il chercher encore ?
told-cancelled-passenger = Votre chauffeur a renoncé à la course.

## Conduire

drive-vehicle = Que conduisez-vous ?
row-offline = Passer hors ligne
row-offline-about = Plus de demandes
drive-where = Où vous trouvez-vous ?
online = Vous êtes en ligne ({ $vehicle }). Les demandes proches arrivent ici. Envoyez votre position à chaque déplacement.
online-at = Vous êtes en ligne ({ $vehicle }) : { $place }. Les demandes proches arrivent ici. Envoyez votre position à chaque déplacement.
moved = Votre position est à jour.
offline = Vous êtes hors ligne et ne recevez plus de demandes.

## Demandes à un chauffeur

offer = Un passager cherche une course ({ $vehicle }), à { $distance } de vous. Le premier qui accepte l'obtient.
offer-near = Un passager cherche une course ({ $vehicle }), à { $distance } de vous, près de { $place }. Le premier qui accepte l'obtient.
offers-open = Vos demandes ouvertes :
offers-waiting = Une demande attend votre réponse.
button-accept = Accepter
button-decline = Refuser
row-accept = Accepter, { $distance }
row-decline = Refuser, { $distance }
label-offers = Demandes
accepted = La course est à vous !
declined = Entendu, la demande reste aux autres.
offer-lapsed = Le temps de réponse à cette demande est passé.
offer-taken = Un autre chauffeur a été plus rapide : la demande est close.
offer-withdrawn = Le passager n'a plus besoin de la course : la demande est close.

## La course du chauffeur

driver-accepted = Allez au point de départ et dites-moi quand vous y serez.
driver-arrived = Votre passager sait que vous attendez. Dites-moi quand vous partez.
driver-in-progress = Bonne route. Dites-moi quand la course est finie.
driver-completed = La course est terminée. Bravo !
pickup = Départ : { $link }
pickup-near = Départ près de { $place } : { $link }
button-arrived = Je suis sur place
button-start = Démarrer la course
button-complete = Terminer la course
told-cancelled-driver = Votre passager a renoncé à la course. Vous êtes de nouveau libre.

## Renoncer

button-leave = Renoncer
why = Pourquoi renoncez-vous à la course ? L'autre partie en sera informée.
label-reasons = Raisons
row-reason-wait = J'ai trop attendu
row-reason-plans = J'ai changé d'avis
row-reason-found = J'ai une autre course
row-reason-vehicle = Problème de véhicule
row-reason-noshow = Chauffeur pas venu
button-absent = Passager absent
row-reason-far = C'est trop loin
row-reason-other = Une autre raison
row-keep = Garder la course
told-wait = L'attente a été trop longue.
told-plans = Les plans ont changé.
told-found = Une autre course a été trouvée.
told-vehicle = Il y a un problème de véhicule.
told-absent = On ne vous a pas vu au point de départ. C'est noté comme une course manquée.
told-noshow = Vous n'êtes pas venu à temps. C'est noté comme une course manquée.
told-far = Le trajet est trop long.
told-other = Aucune raison n'a été donnée.
given-up = Vous avez renoncé à la course, et l'autre partie le sait.
given-up-absent = La course est close, et votre passager le sait. Il est noté que personne n'est venu.
given-up-noshow = La course est close, et votre chauffeur le sait. Il est noté que personne n'est venu.
absent-too-early = Votre passager a encore un peu de temps. Si personne ne vient, vous pourrez le dire dans { $time }.
noshow-too-early = Votre chauffeur a encore un peu de temps. Si personne ne vient, vous pourrez le dire dans { $time }.
trip-over = Cette course est close : { $state }.

## Courses

trips = Vos dernières courses :
no-trips = Vous n'avez pas encore de courses.
trip-line = { $when } - { $vehicle }, { $state }
moment-pattern = dd/MM HH:mm
state-requested = on cherche un chauffeur
state-offered = on attend un chauffeur
state-accepted = chauffeur en route
state-arrived = chauffeur sur place
state-in-progress = en cours
state-completed = terminée
state-cancelled = abandonnée
state-expired = personne n'est venu

## Refus

refused-location = Je ne peux pas utiliser cette position.
refused-vehicle = Choisissez d'abord un véhicule.
refused-presence = Vous n'êtes pas en ligne.
refused-trip-open = Vous avez déjà une course en cours.
refused-no-drivers = Le chauffeur choisi n'est plus libre.
refused-no-shows = Des chauffeurs vous ont attendu en vain trop souvent ces derniers temps. Vous pourrez redemander une course après le { $when }.
refused-offer-unknown = Je ne trouve plus cette demande.
refused-offer-expired = Le temps de réponse à cette demande est passé.
refused-trip-taken = Un autre chauffeur a été plus rapide cette fois. La prochaine demande viendra vite !
refused-trip-closed = Le passager n'a plus besoin de cette course.
refused-driver-busy = Vous avez déjà une course en cours. Terminez-la d'abord.
refused-offer-declined = Vous avez déjà refusé cette demande.
refused-trip-unknown = Je ne trouve pas cette course.
refused-step = La course n'en est plus là. Voici la situation :

## Durées

age-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
  }
age-hours = { $count ->
    [one] 1 heure
   *[other] { $count } heures
  }
age-days = { $count ->
    [one] 1 jour
   *[other] { $count } jours
  }
age-months = plus d'un mois

## Être oublié

erase-question = J'efface tout ce que nous savons de vous : nom, numéros, messages et lieux. C'est définitif. Le voulez-vous vraiment ?
button-erase = Effacer tout
button-erase-not = Ne rien effacer
erase-on-trip = Terminez ou abandonnez d'abord votre course, puis redemandez-le-moi.
erase-money = Il y a { $balance } dans votre portefeuille, que personne ne pourrait vous rendre. Envoyez-les d'abord à quelqu'un : écrivez PORTEFEUILLE.
erased = C'est fait : dans quelques minutes, nous ne saurons plus rien de vous. Ceci est notre dernier message. Si vous écrivez à nouveau, vous serez nouveau pour nous.

## Portefeuille

wallet-balance = Votre solde : { $balance }.
wallet-code = Votre code de portefeuille est { $code }. Qui le connaît peut vous envoyer de l'argent, et rien d'autre.
button-wallet = Portefeuille
button-send-money = Envoyer de l'argent
button-history = Historique
button-more = Suite
wallet-payee = À qui va l'argent ? Écrivez son code de portefeuille, par exemple HW-2A3B4C5. On le voit en écrivant PORTEFEUILLE.
wallet-amount = L'argent ira à { $payee }. Combien ? Vous avez { $balance }.
wallet-confirm = Envoyer { $amount } à { $payee } ? On ne peut pas revenir en arrière.
button-pay = Envoyer
button-do-not-pay = Ne pas envoyer
wallet-outdated = Cette question date d'il y a un moment : je n'ai rien envoyé.
wallet-sent = Envoyé : { $amount } à { $payee }. Il vous reste { $balance }.
wallet-history = Entrées et sorties, les dernières d'abord :
wallet-no-history = Rien n'est encore entré ni sorti.
entry-line = { $when } : { $amount } - { $what }
entry-sent = à { $other }
entry-received = de { $other }
entry-credit = versement
entry-reward = récompense
entry-merge = entre vos portefeuilles
entry-reversal = correction de notre part
entry-reversed = annulé
refused-payee = Je ne connais pas ce code de portefeuille. Vérifiez chaque lettre.
refused-self = C'est votre propre portefeuille.
refused-amount = Je ne peux pas envoyer ce montant. Écrivez-le en chiffres, par exemple 1500.
refused-amount-small = Vous pouvez envoyer au moins { $minimum }.
refused-amount-large = Vous pouvez envoyer au plus { $limit } à la fois.
refused-daily-limit = En 24 heures vous pouvez envoyer { $limit } en tout ; il reste { $left }.
refused-wallet-new = Votre portefeuille est nouveau. Il reçoit déjà de l'argent et pourra en envoyer dans { $age }.
refused-balance = Vous n'avez pas autant.
told-money-from = Vous avez reçu { $amount } de { $other } Votre solde : { $balance }.
told-money = Vous avez reçu { $amount }. Votre solde : { $balance }.
told-money-corrected = Nous avons corrigé votre solde de { $amount }. Votre solde : { $balance }.


## Invitations

invite-off = Les invitations ne rapportent rien en ce moment.
invite-code = Votre code d'invitation est { $code }. Toute nouvelle personne écrit INVITER { $code } dans les { $age } après son premier message.
invite-link = Ou elle ouvre ce lien et envoie ce qu'il contient : { $link }
invite-both = Quand sa première course est terminée, vous recevez { $reward } et elle reçoit { $newcomer }.
invite-yours = Quand sa première course est terminée, vous recevez { $reward }.
invite-theirs = Quand sa première course est terminée, elle reçoit { $newcomer }.
invite-left = Récompenses qui restent pour les 30 prochains jours : { $number }.
invite-none-left = Vos invitations ont rapporté toutes les récompenses du mois : pour l'instant je n'en note plus.
invited = J'ai noté par quelle invitation vous êtes venu.
invited-reward = Quand votre première course est terminée, au plus tard le { $when }, vous recevez { $reward }.
refused-invite-unknown = Je ne connais pas ce code d'invitation. Vérifiez chaque lettre.
refused-invite-self = C'est votre propre code d'invitation.
refused-invite-exists = Vous êtes déjà venu par une invitation, et seule la première compte.
refused-invite-ridden = Une invitation ne compte qu'avant la première course.
refused-invite-late = Une invitation ne compte que dans les { $age } après le premier message.
refused-invite-limit = Ce code a rapporté toutes les récompenses du mois : il n'en rapporte plus pour l'instant.
told-reward-inviting = Une personne que vous avez invitée a terminé sa première course. Merci ! Vous avez reçu { $amount }. Votre solde : { $balance }.
told-reward-invited = Votre première course par invitation est terminée. Vous avez reçu { $amount }. Votre solde : { $balance }.

## Numéros

number-code = Votre code Hailwire est { $code }. Il est valable 10 minutes. Ne le donnez à personne.
number-which = Quel numéro utilisez-vous pour les SMS ? Écrivez-le, un code y sera envoyé.
number-by-whatsapp = Écrivez-moi NUMÉRO sur WhatsApp : là vous pouvez ajouter ce téléphone.
number-unreadable = Je ne peux pas écrire à ce numéro. Avec + et l'indicatif du pays, c'est plus sûr.
number-sent = Un code est en route vers ce téléphone.
number-type-code = Tapez ici les six chiffres du SMS. Ils sont valables 10 minutes. Écrivez RETOUR pour un autre numéro.
number-six-digits = Le code a six chiffres.
number-proved = C'est bien votre numéro : par SMS et sur WhatsApp, nous continuons dans une seule conversation.
refused-number-yours = Ce numéro est déjà le vôtre.
refused-number-silent = Depuis ce téléphone on m'a demandé de ne plus écrire. Envoyez-y d'abord START.
refused-code-soon = Un code vient d'être envoyé. Attendez une minute avant d'en demander un autre.
refused-code-limit = C'est assez de codes pour aujourd'hui. Réessayez demain.
refused-code = Ce code ne compte pas : il est faux, trop ancien, ou essayé trop souvent.

## Courses pour plus tard

schedule-vehicle = Une course pour plus tard : quel véhicule vous faut-il ?
schedule-when = Pour quand ? Choisissez, ou écrivez un jour et une heure, par exemple vendredi 7h.
schedule-write = Écrivez un jour et une heure, par exemple vendredi 7h ou 3 décembre 18h30.
schedule-which = Quelle heure voulez-vous dire ?
schedule-unread = Je n'ai pas compris cette heure.
schedule-past = Cette heure est passée.
schedule-far = Je ne peux prévoir que 30 jours à l'avance.
schedule-confirm = { $vehicle } : { $when }. Je programme cette course ?
schedule-confirm-change = Nouvelle heure : { $when }. Je change la course ?
schedule-booked = C'est programmé. Je vous le rappelle avant, et je demande aux chauffeurs à temps.
schedule-moved = La course a sa nouvelle heure.
schedule-exists = Vous avez déjà une course programmée à cette heure.
schedule-too-many = Vous avez déjà beaucoup de courses programmées. Annulez-en une d'abord.
schedule-gone = Cette course n'est plus programmée.
schedule-changed = Cela a changé entre-temps.
schedule-under-way = Un chauffeur vient déjà pour cette course. Écrivez MES COURSES pour la voir.
schedule-skipped = Elle n'aura pas lieu cette fois.
schedule-dropped = La course n'est plus programmée.
schedule-list = Vos courses à venir :
schedule-none = Vous n'avez aucune course programmée.
schedule-line = { $vehicle } : { $when }.
schedule-next = Prochaine : { $when }.
label-times = Heures
label-schedules = Courses
button-schedules = Mes réservations
button-later = Plus tard
button-book = Confirmer
button-other-time = Autre heure
button-change-time = Changer l'heure
button-skip-ride = Pas cette fois
button-drop-schedule = Annuler la course
row-later = Pour plus tard
row-later-about = Dans une heure, demain, chaque matin ...
row-now = Maintenant
row-in-half-an-hour = Dans 30 minutes
row-in-an-hour = Dans 1 heure
row-in-two-hours = Dans 2 heures
row-in-five-hours = Dans 5 heures
row-tomorrow-morning = Demain 08:00
row-tomorrow-evening = Demain 18:00
row-every-morning = Chaque matin 08:00
row-every-evening = Chaque soir 18:00
row-other-time = Une autre heure
row-daily = Chaque jour { $time }
row-weekly = Chaque { $day } { $time }
pickup-time = Heure de départ : { $when }.
told-reminder = Rappel : votre course ({ $vehicle }) est prévue { $when }. Je demande aux chauffeurs peu avant.
told-nobody-yet = Personne n'est encore libre pour votre course ({ $when }). Je cherche jusqu'à { $until }.
told-missed = Désolé : personne n'était libre pour votre course ({ $when }).
told-late = Désolé : une panne chez nous nous a empêchés de demander un chauffeur pour votre course ({ $when }).
told-busy = Vous avez une course en cours, je n'ai donc rien demandé pour celle prévue { $when }.
told-ride-refused = Je n'ai demandé aucun chauffeur pour votre course ({ $when }) : des chauffeurs vous ont attendu en vain trop souvent. Vous pourrez redemander une course après le { $until }.

## Jours et heures

day-time = { $day }, { $time } ({ $spoken })
time-of-day = { $time } ({ $spoken })
every-day = tous les jours, { $time } ({ $spoken })
every-weekday = chaque { $days }, { $time } ({ $spoken })
spoken-late = { $hour } h de la nuit
spoken-morning = { $hour } h du matin
spoken-day = { $hour } h l'après-midi
spoken-evening = { $hour } h en fin de journée
spoken-night = { $hour } h du soir

## Limites

limited-ordinary = Autant de messages d'un coup, c'est plus que je ne peux lire. Veuillez réécrire après le { $when } : jusque-là je ne lis que STOP.
limited-expensive = Autant de photos et d'enregistrements en une heure, c'est trop pour moi. Veuillez en envoyer après le { $when } ; je lis toujours les textes.

## Tarifs

prices = Ce que coûtent les courses :
price-line = { $vehicle } : { $base }, { $kilometer } le kilomètre, { $minute } la minute, au moins { $minimum }
ride-whereto = Où voulez-vous aller ? Envoyez la position ou écrivez un lieu, et j'estime le prix.
button-anywhere = Je dis au chauffeur
fare-estimate = Prix estimé : { $fare }.
fare-of-way = Le prix est de { $fare } ({ $distance }, { $time }).
fare-of-time = Le prix est de { $fare } ({ $time }).

## Notes

rate-driver = Comment était votre chauffeur ?
rate-passenger = Comment était votre passager ?
label-stars = Étoiles
row-stars = { $count ->
    [one] 1 étoile
   *[other] { $count } étoiles
  }
rated = { $count ->
    [one] Merci ! J'ai noté 1 étoile.
   *[other] Merci ! J'ai noté { $count } étoiles.
  }
rated-anew = { $count ->
    [one] Merci ! C'est maintenant 1 étoile.
   *[other] Merci ! Ce sont maintenant { $count } étoiles.
  }
seen-rated = { $seen }, note { $rating }
refused-not-completed = Seule une course terminée peut être notée.
refused-rating-closed = Cette course ne peut plus être notée.

## Quand le chauffeur arrive, et pourquoi l'un n'a pas été demandé

driver-needs = Le chauffeur a besoin d'environ { $time }.
driver-nearly = Le chauffeur est presque là.
silent-offline = Je ne sais plus depuis longtemps où vous êtes, je vous ai donc mis hors ligne : personne ne vous attend en vain. Revenez quand vous voulez.
why-never-drove = Vous n'avez jamais été en ligne. Écrivez CONDUIRE pour prendre des passagers.
why-now-offline = Vous êtes hors ligne, personne ne peut vous demander. Écrivez CONDUIRE pour revenir.
why-now-busy = Vous êtes en course, personne d'autre ne vous demande.
why-now-online = Vous êtes en ligne, et votre position date de { $age }.
why-missed = Les dernières demandes qui vous ont échappé, et pourquoi :
why-none-missed = Aucune demande proche ne vous a échappé depuis hier.
why-line = { $when } : { $reason }
why-others-nearer = d'autres étaient plus proches (vous : { $distance })
why-stale = votre position datait de { $age }
why-too-far = le départ était trop loin ({ $distance })
why-busy = vous étiez occupé
why-offline = vous étiez hors ligne
why-other-vehicle = un autre véhicule était voulu
why-quiet = c'étaient vos heures calmes

## Assurance

certificate-none = Je n'ai pas d'attestation d'assurance de votre part.
certificate-waits = Votre attestation est chez nous. Quelqu'un l'examine et je vous le dirai.
certificate-over = Votre attestation d'assurance a expiré. Envoyez la nouvelle, s'il vous plaît.
certificate-rejected = Nous n'avons pas pu accepter votre attestation : { $reason }. Envoyez-en une autre, s'il vous plaît.
certificate-approved = Votre attestation est acceptée. Elle est valable jusqu'au { $when }.
certificate-received = Votre attestation est arrivée (photos ou fichiers jusqu'ici : { $count }). Quelqu'un l'examine et je vous le dirai.
certificate-soon = Votre attestation d'assurance expire le { $when }. Envoyez la nouvelle avant, s'il vous plaît.
certificate-ask = Envoyez-moi une photo ou un PDF de votre attestation d'assurance. Elle peut avoir plusieurs pages.
insured-until = Vous êtes assuré jusqu'au { $when }.
rejected-unreadable = elle n'est pas lisible
rejected-something-else = ce n'est pas une attestation d'assurance
rejected-out-of-date = elle n'est plus valable
rejected-not-theirs = elle est à un autre nom ou pour un autre véhicule
rejected-incomplete = il manque une page
rejected-other = quelque chose n'est pas en ordre
cover-needed = Seuls les chauffeurs assurés peuvent se mettre en ligne ici.
cover-send = Envoyez votre attestation d'assurance. Dès qu'elle est acceptée, vous pouvez prendre des passagers.
cover-waits = Votre attestation est déjà chez nous. Je vous écris dès que quelqu'un l'a examinée.
cover-offline = Je vous ai mis hors ligne, car seuls les chauffeurs assurés peuvent prendre des passagers ici.
claim-ask = Que s'est-il passé, où et quand ? Décrivez-le avec vos mots.
claim-words-please = Écrivez d'abord ce qui s'est passé ; les photos viennent après.
claim-noted = J'ai noté votre déclaration, numéro { $number }.
claim-documents = Avez-vous des photos ou un PDF qui le montrent ? Envoyez-les maintenant.
claim-documents-received = Des documents de la déclaration { $number } sont arrivés (jusqu'ici : { $count }).
claim-line = Déclaration { $number } : { $state }
claim-submitted = attend d'être examinée
claim-in-review = quelqu'un l'examine
claim-accepted = acceptée
claim-rejected = refusée
refused-claims = Plusieurs de vos déclarations sont encore ouvertes. Attendez qu'une soit décidée, s'il vous plaît.
refused-description = Je n'ai pas pu garder ce texte. Écrivez-le plus court, s'il vous plaît.
file-please = Envoyez-le comme photo ou PDF, s'il vous plaît.
file-coming = Je vais chercher votre fichier et vous dis quand il est arrivé. Vous pouvez en envoyer d'autres.
file-too-large = Votre fichier est trop grand, je ne l'ai pas pris. Envoyez-en un plus petit, s'il vous plaît.
file-wrong-kind = Je ne prends que des photos (JPG ou PNG) et des fichiers PDF. Envoyez-le ainsi, s'il vous plaît.
file-too-many = Il y a déjà autant de fichiers que je peux prendre, je n'ai pas pris celui-là.
file-closed = Cette déclaration est décidée, je n'ai pas pris votre fichier.
file-unreachable = Je n'ai pas pu chercher votre fichier. Envoyez-le encore, s'il vous plaît.
button-insurance = Assurance
button-certificate = Envoyer attestation
button-claim = Déclarer un accident
button-done = Terminé

## Lieux enregistrés

places-yours = Ou choisissez un de vos lieux.
places-list = Vos lieux :
places-none = Vous n'avez pas encore de lieu enregistré. Enregistrez-en un, et son nom suffira la prochaine fois.
place-where = Où est ce lieu ?
place-name = Quel nom lui donner ? Choisissez, ou écrivez un nom.
place-name-unreadable = Un nom a 1 à 40 caractères, dont des lettres ou des chiffres.
place-card = { $place } : { $link }
place-saved = Enregistré : { $place }.
place-same = Ce lieu est déjà enregistré, je l'ai gardé : { $place }.
place-deleted = Le lieu est supprimé.
place-gone = Ce lieu n'est plus enregistré.
place-name-taken = Un autre de vos lieux porte ce nom.
places-too-many = Je ne peux pas garder plus de lieux. Supprimez-en un d'abord.
place-recent = Vous y étiez récemment
row-place-home = Maison
row-place-work = Travail
row-place-school = École
row-add-place = Ajouter un lieu
row-save-pickup = Enregistrer le départ
row-save-pickup-about = Son nom suffira la prochaine fois
button-rename-place = Renommer
button-delete-place = Supprimer
button-places = Mes lieux
label-your-places = Vos lieux
label-place-names = Noms

## Ce que se disent les deux côtés d'une course

relay-hint-driver = Ce que vous écrivez ici va à votre chauffeur, qui ne voit pas votre numéro.
relay-hint-passenger = Ce que vous écrivez ici va à votre passager, qui ne voit pas votre numéro.
relay-told-driver = Je l'ai dit à votre chauffeur.
relay-told-passenger = Je l'ai dit à votre passager.
relay-masked = J'ai enlevé ce qui ressemble à un numéro ou à un lien : ici les numéros restent privés.
relay-driver-silent = Votre chauffeur m'a demandé le silence et ne lit pas ceci.
relay-passenger-silent = Votre passager m'a demandé le silence et ne lit pas ceci.
relay-no-media = Je transmets les mots et les lieux, mais ni photos, ni enregistrements, ni fichiers.
relay-driver = Chauffeur :
relay-passenger = Passager :
relay-place = Je suis ici : { $link }
relay-place-near = Je suis près de { $place } : { $link }
refused-relay-closed = Cette course est terminée, je ne peux plus rien transmettre.
refused-relay-long = C'est trop long pour être transmis. Dites-le en moins de mots.
exchange-nobody = Vous n'avez pas en ce moment de chauffeur ou de passager avec qui échanger les numéros.
exchange-no-number = Je ne connais aucun numéro de téléphone de vous, il n'y a donc rien à partager.
exchange-asked = J'ai demandé. Si l'autre accepte, je dis à chacun le numéro de l'autre.
exchange-kept = Votre numéro reste privé.
exchange-driver-asks = Votre chauffeur voudrait échanger les numéros de téléphone. Si vous acceptez, écrivez PARTAGER ; sinon votre numéro reste privé.
exchange-passenger-asks = Votre passager voudrait échanger les numéros de téléphone. Si vous acceptez, écrivez PARTAGER ; sinon votre numéro reste privé.
exchange-driver-number = Vous êtes d'accord tous les deux. Le numéro de votre chauffeur :
exchange-passenger-number = Vous êtes d'accord tous les deux. Le numéro de votre passager :
exchange-none = Vous êtes d'accord tous les deux, mais je ne connais aucun numéro de l'autre.
button-share-number = Partager mon numéro
button-keep-number = Garder mon numéro
row-block = Ne plus nous associer
row-block-about = L'autre n'en saura rien
block-done = Je ne vous associe plus jamais, et l'autre n'en sait rien. Écrivez BLOQUES pour voir votre liste.
block-nobody = Vous n'avez pas en ce moment de course dont vous pourriez bloquer l'autre côté.
blocked-none = Personne : vous n'avez bloqué personne.
blocked-list = Ceux que vous avez bloqués, par course. Choisissez-en une pour lever le blocage.
label-blocked = Bloqués
unblocked = Entendu, vous pouvez de nouveau être associés.

## Heures calmes

quiet-ask = De quelle heure à quelle heure dois-je vous laisser tranquille ? Choisissez, ou écrivez les heures, par exemple 22-6. Vous ne recevrez alors ni demandes ni rappels ; à vos messages je réponds toujours.
quiet-are = Vos heures calmes : de { $from } à { $until }.
quiet-unread = Je n'ai pas compris ces heures.
quiet-set = Entendu : de { $from } à { $until } je vous laisse tranquille. Écrivez SILENCE pour changer cela.
quiet-ended = Entendu, vous n'avez plus d'heures calmes.
quiet-now = Ce sont vos heures calmes jusqu'à { $until } : avant cela vous ne recevez aucune demande. Écrivez SILENCE pour changer cela.
row-quiet-none = Aucune heure calme
label-quiet = Heures

## Ce qui a été compris

items-question = Ai-je bien compris ? Alors je peux le garder et vous le proposer quand c'est utile.
item-place = Lieu : { $place }
item-time = Heure : { $when }
item-contact = Contact : { $name } ({ $code })
items-kept = Je garde ceci :
items-dropped = Entendu, je ne le garde pas.
item-known = Je le sais déjà.
item-applied = Je l'ai déjà gardé.
item-gone = Cela n'attend plus de réponse.
item-time-over = Cette heure est passée, je ne l'ai pas gardée.
item-full = Je ne peux pas en garder plus. Oubliez-en un d'abord : écrivez NOTES.
item-waits = Dois-je le garder ?
notes-list = Ce qui attend votre réponse, et ce que je garde. Les lieux sont dans votre liste de lieux.
notes-none = Je ne garde rien de ce que vous avez écrit, et rien n'attend votre réponse.
note-forgotten = Oublié.
note-gone = Je ne garde plus cela.
button-keep = Garder
button-drop-item = Ne pas garder
button-one-by-one = Un par un
button-notes = Mes notes
button-forget = Oublier
label-notes = Vos notes
label-contacts = Vos contacts
