"""German sentences that are no request, or one to some other site; written for this purpose."""

from __future__ import annotations

from typing import Final

GERMAN: Final = tuple(
    """
was ist die hauptstadt von australien
wer hat gestern das fußballspiel gewonnen
erzähl mir einen witz
wie hoch ist der eiffelturm
was soll ich heute abend kochen
schneit es morgen in den bergen
der hund vom nachbarn bellt die ganze nacht
wie ziehe ich tomaten auf dem balkon
kannst du mir ein lied singen
was ist der sinn des lebens
ich lese gerade ein dickes buch über wale
wer hat die mona lisa gemalt
wie weit ist die sonne entfernt
mein bruder spielt trompete im verein
was ist siebzehn mal dreiundzwanzig
magst du lieber schokolade oder vanille
der bus war voll und ich musste stehen
wie schreibt man rhythmus
wo kann ich tango tanzen lernen
der film war viel zu lang
wann endete der zweite weltkrieg
warum ist der himmel blau
mach das licht in der küche aus
spiel musik aus den achtzigern
stell den wecker auf halb sieben
wie viele beine hat eine spinne
ich glaube es war der gärtner
kannst du ein gutes restaurant empfehlen
wie spät ist es in tokio
mein auto macht beim bremsen komische geräusche
wer ist der bundeskanzler
was ist das höchste gebäude der welt
wie bekomme ich rotweinflecken aus dem teppich
da sitzt ein vogel im kamin
buch mir einen flug nach lissabon
wie lernt man am besten italienisch
die kinder spielen im garten
hast du eine freundin
bist du ein roboter oder ein mensch
wie alt bist du
was ist deine lieblingsfarbe
ich mag keine montage
wir waren an der see und es hat nur geregnet
wie viel wiegt ein elefant
was heißt gute nacht auf französisch
wer steht an der tabellenspitze
die suppe ist mir zu salzig
wie steht der yen zum euro
schlafen fische eigentlich
erzähl mir etwas über vulkane
wie lange muss ein ei kochen
worum geht es in dem neuen film
mein handy ist heruntergefallen
wer hat das telefon erfunden
ich habe meinen schirm im zug vergessen
bestell eine große pizza mit pilzen
was ist die wurzel aus einundachtzig
gibt es leben auf anderen planeten
gieß bitte die blumen solange wir weg sind
wie bindet man eine krawatte
was reimt sich auf haus
pinguine leben am südpol
wie viele einwohner hat brasilien
ich möchte astronaut werden
wie werde ich ameisen los
wann wurde goethe geboren
setz butter und mehl auf die einkaufsliste
er baut seit jahren an dem boot
was ist das schnellste tier der welt
kannst du mir zwanzig euro leihen
ich suche eine gebrauchte gitarre
was ist der unterschied zwischen krokodil und alligator
wie viele sterne hat die milchstraße
mein computer startet nicht mehr
wer hat das buch mit dem weißen kaninchen geschrieben
ist kaffee schlecht fürs herz
erzähl mir von deiner kindheit
der zug fährt von gleis neun
was bedeutet das wort zufall
wie wechselt man einen reifen
welcher wein passt zu fisch
wir feiern den geburtstag von meiner oma
was machen bienen im winter
wie heiß ist die sonne
ich habe von einem lila pferd geträumt
wer singt da im radio
warum schnurren katzen
kannst du einen purzelbaum
der zaun ist noch nicht trocken
welche sprachen spricht man in der schweiz
wie viele spieler hat eine handballmannschaft
zeig mir bilder von bergen
erinnere mich daran die katze zu füttern
lohnt sich das museum
gibt es außerirdische
was ist der längste fluss afrikas
wie faltet man ein papierflugzeug
mein onkel sammelt briefmarken
was ist zweihundert geteilt durch acht
such mir ein rezept für pfannkuchen
was ist mit den dinosauriern passiert
welchen film soll ich am wochenende sehen
erzähl mir eine geschichte von einem drachen
wer hat das penicillin entdeckt
wie tief ist das meer
können hunde farben sehen
in welche tonne kommt das glas
was ist das nationalgericht von ungarn
wie viele kalorien hat eine banane
mir ist heute langweilig
was läuft heute abend im fernsehen
ist laufen gesünder als schwimmen
wer war die erste frau im weltall
was ist das zeichen für gold
meine schuhe sind eine nummer zu klein
wie funktionieren magnete
warum gähnen wir
glaubst du an geister
wie strickt man einen schal
welches handy ist das beste
der kuchen braucht noch zehn minuten
wie viele zähne hat ein hai
was hattest du zum frühstück
welcher planet hat die meisten monde
darf mein hamster mit ins flugzeug
wie schreibe ich einen liebesbrief
über dem tal war ein regenbogen
wen wählst du
der fluss ist höher als sonst
wann ist vollmond
wie werde ich millionär
fährt eine fähre auf die insel
wie ist das wetter an der küste
wie viele minuten hat eine woche
was hältst du von politik
er hat ihr auf einer brücke einen antrag gemacht
wie schnell ist das licht
wie alt ist das universum
gib mir ein rätsel auf
was bedeutet dein name
mach die musik leiser
die ziege hat meine hausaufgaben gefressen
welches land hat die meisten seen
wie bringe ich meinem papagei das sprechen bei
wie ist das endspiel ausgegangen
niemand hat mir gesagt dass es regnet
was kostet ein kilo äpfel
ist da der friseur
entschuldigung ich habe mich verwählt
ich habe mit jemand anderem geredet
moment da ist jemand an der tür
bla bla bla
test eins zwei drei
la la la
ich habe gar nichts gesagt
das ist ja lustig
du hast eine schöne stimme
hörst du mir überhaupt zu
das ist doch lächerlich
ich sitze gerade im auto
mama komm mal bitte
leg das weg
an der nächsten kreuzung links abbiegen
ja das habe ich ihm schon gesagt
nein nicht du ich meine den hund
wie geht es deiner mutter
hast du meine schlüssel gesehen
die waschmaschine klappert
was essen wir heute mittag
ich glaube es ist in der anderen tasche
er kommt gleich
mein großvater war seemann
das benzin wird schon wieder teurer
wie funktioniert die börse
soll ich gold kaufen
wie trainiere ich für einen marathon
mein rücken tut weh wenn ich lange sitze
welches vitamin ist in orangen
wie alt werden schildkröten
was gibt es neues in der welt
wie spielt man schach
ist die tomate obst oder gemüse
nenne alle planeten
wer ist der reichste mensch der welt
was kommt nach einer billion
verkaufen sie fahrräder
liefern sie auch möbel
ich brauche neue reifen für mein auto
reparieren sie uhren
ich suche eine wohnung mit zwei zimmern
haben sie noch junge katzen
was kostet bei ihnen ein haarschnitt
ich möchte ein zelt mieten
wo bekomme ich karten für die oper
ist das schwimmbad geheizt
welcher bus fährt zum zoo
ich rufe wegen der anzeige für das sofa an
verkaufen sie gartenmöbel
in welcher farbe soll ich das schlafzimmer streichen
wo beantrage ich einen reisepass
wo bezahle ich einen strafzettel
ich möchte mein abo kündigen
ich möchte einen tisch für vier personen reservieren
meine kreditkarte wurde gestohlen
ich möchte ein konto eröffnen
kann ich meinen flug umbuchen
ich muss meinen führerschein verlängern
ich hätte gern ein taxi zum bahnhof
mein paket ist noch nicht angekommen
ich möchte die schuhe zurückgeben
ich brauche ein neues rezept
ich hätte gern einen termin beim zahnarzt
mein internet ist sehr langsam
ich möchte meinen handyvertrag ändern
ich habe mein passwort vergessen
können sie mir einen katalog schicken
ich brauche einen klempner der abfluss ist verstopft
ich möchte mein auto versichern
ich hatte einen unfall und möchte einen schaden melden
ich möchte meine tochter zum schwimmkurs anmelden
kann ich das buch noch zwei wochen behalten
ich habe meinen ausweis verloren
ich möchte ein doppelzimmer für zwei nächte buchen
haben sie ein zimmer mit meerblick
ich möchte mich auf die stelle bewerben
ich möchte den schulleiter sprechen
mein sohn ist krank und kommt heute nicht in die schule
ich brauche eine geburtsurkunde
ich möchte meinen hund anmelden
der müll wurde diese woche nicht abgeholt
vor meinem haus ist ein loch in der straße
ich möchte meine mitgliedschaft kündigen
ich möchte geld überweisen
wie hoch sind die zinsen für einen kredit
ich möchte mich über den strafzettel beschweren
mein fernseher hat kein bild mehr
ich brauche noch einen schlüssel für meine wohnung
in meiner wohnung geht die heizung nicht
der aufzug ist schon wieder kaputt
wann kommt der techniker wegen der spülmaschine
ich möchte mein auto verkaufen
ich hätte gern ein angebot für ein neues dach
haben sie das kleid auch kleiner
meine bestellung ist nicht vollständig
ich möchte per lastschrift zahlen
schicken sie mir bitte die rechnung vom hotel
bekomme ich eine quittung
ich möchte etwas spenden
ich möchte einen transporter mieten
was kostet der versand nach kanada
ich muss die adresse meiner bestellung ändern
ist mein rezept schon fertig
ich möchte karten fürs theater reservieren
wie hoch ist mein kontostand
ich habe meine geldbörse verloren
ich brauche eine krankschreibung
darf ich meinen hund mitbringen
mein auto muss zur inspektion
ich möchte meinen tarif wechseln
ich möchte meinen termin verschieben
verbinden sie mich bitte mit dem chef
ich möchte herrn schulze sprechen
kann ich eine nachricht für die küche hinterlassen
haben sie an ostern geöffnet
wo kann ich parken
können sie mir ihre adresse sagen
ich möchte meine reservierung bestätigen
ich brauche hilfe bei der steuererklärung
ich möchte einen kredit aufnehmen
gibt es rabatt für studenten
ich möchte einen gutschein kaufen
""".strip().splitlines()
)
