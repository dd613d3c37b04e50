<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
  <context>
    <name>panel</name>
    <message>
      <source>&amp;Edit</source>
      <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
      <source>&amp;File</source>
      <translation>&amp;Datei</translation>
    </message>
    <message>
      <source>&amp;Help</source>
      <translation>&amp;Hilfe</translation>
    </message>
    <message>
      <source>&amp;Photo</source>
      <translation>&amp;Foto</translation>
    </message>
    <message>
      <source>&amp;View</source>
      <translation>&amp;Ansicht</translation>
    </message>
    <message>
      <source>(quality about {n})</source>
      <translation>(Qualität etwa {n})</translation>
    </message>
    <message>
      <source>1. Press Retry. The backend starts in a few seconds.</source>
      <translation>1. „Nochmal“ drücken. Der Dienst startet in wenigen Sekunden.</translation>
    </message>
    <message>
      <source>10 minutes</source>
      <translation>10 Minuten</translation>
    </message>
    <message>
      <source>16 bits</source>
      <translation>16 Bit</translation>
    </message>
    <message>
      <source>1:1</source>
      <translation>1:1</translation>
    </message>
    <message>
      <source>2. In a sandbox (Flatpak, Snap) one program may not start another. Start it yourself, in a terminal:</source>
      <translation>2. In einer Sandbox (Flatpak, Snap) darf kein Programm ein anderes starten. Selbst starten, in einem Terminal:</translation>
    </message>
    <message>
      <source>3. If it ends at once, its log says why: press Log. Often the disk is full or memory is short.</source>
      <translation>3. Endet er sofort, sagt sein Protokoll warum: „Protokoll“ drücken. Oft ist die Platte voll oder der Speicher knapp.</translation>
    </message>
    <message>
      <source>4. If another version is running, end it, in a terminal:</source>
      <translation>4. Läuft noch eine andere Version, diese beenden, in einem Terminal:</translation>
    </message>
    <message>
      <source>5. Help ▸ Diagnose makes a report that you can send.</source>
      <translation>5. Hilfe ▸ Diagnose macht einen Bericht, den man verschicken kann.</translation>
    </message>
    <message>
      <source>8 bits</source>
      <translation>8 Bit</translation>
    </message>
    <message>
      <source>A file of that name is there already.</source>
      <translation>Eine Datei dieses Namens gibt es schon.</translation>
    </message>
    <message>
      <source>A moment…</source>
      <translation>Einen Moment …</translation>
    </message>
    <message>
      <source>A photo is being restored. Close and drop it?</source>
      <translation>Ein Foto wird gerade gerettet. Schließen und verwerfen?</translation>
    </message>
    <message>
      <source>A pixel for a pixel (1)</source>
      <translation>Bildpunkt für Bildpunkt (1)</translation>
    </message>
    <message>
      <source>A point of light, as this photo shows it.</source>
      <translation>Ein Lichtpunkt, wie dieses Foto ihn zeigt.</translation>
    </message>
    <message>
      <source>A value is out of its range.</source>
      <translation>Ein Wert liegt außerhalb seines Bereichs.</translation>
    </message>
    <message>
      <source>About</source>
      <translation>Über</translation>
    </message>
    <message>
      <source>Above 1 the middle is too dark.</source>
      <translation>Über 1 sind die Mitteltöne zu dunkel.</translation>
    </message>
    <message>
      <source>After</source>
      <translation>Nachher</translation>
    </message>
    <message>
      <source>Airlight blue</source>
      <translation>Dunstfarbe Blau</translation>
    </message>
    <message>
      <source>Airlight green</source>
      <translation>Dunstfarbe Grün</translation>
    </message>
    <message>
      <source>Airlight red</source>
      <translation>Dunstfarbe Rot</translation>
    </message>
    <message>
      <source>All of the photo (F)</source>
      <translation>Das ganze Foto (F)</translation>
    </message>
    <message>
      <source>Amount of {name}</source>
      <translation>Stärke für {name}</translation>
    </message>
    <message>
      <source>Another backend answers now.</source>
      <translation>Jetzt antwortet ein anderer Dienst.</translation>
    </message>
    <message>
      <source>Apple graphics</source>
      <translation>Apple-Grafik</translation>
    </message>
    <message>
      <source>As a layer of the picture that it came from</source>
      <translation>Als Ebene des Bildes, aus dem es kam</translation>
    </message>
    <message>
      <source>As it was found</source>
      <translation>Wie gefunden</translation>
    </message>
    <message>
      <source>As shot</source>
      <translation>Wie aufgenommen</translation>
    </message>
    <message>
      <source>As the original</source>
      <translation>Wie das Original</translation>
    </message>
    <message>
      <source>As the system</source>
      <translation>Wie das System</translation>
    </message>
    <message>
      <source>Backend missing</source>
      <translation>Dienst fehlt</translation>
    </message>
    <message>
      <source>Before</source>
      <translation>Vorher</translation>
    </message>
    <message>
      <source>Before and after beside each other (D)</source>
      <translation>Vorher und nachher nebeneinander (D)</translation>
    </message>
    <message>
      <source>Before and after with a handle (S)</source>
      <translation>Vorher und nachher mit Griff (S)</translation>
    </message>
    <message>
      <source>Beside the original</source>
      <translation>Neben das Original</translation>
    </message>
    <message>
      <source>Beside the original, never over it (Ctrl+S)</source>
      <translation>Neben das Original, nie darüber (Strg+S)</translation>
    </message>
    <message>
      <source>Blend of the whole result with the original</source>
      <translation>Mischung des ganzen Ergebnisses mit dem Original</translation>
    </message>
    <message>
      <source>Blur</source>
      <translation>Unschärfe</translation>
    </message>
    <message>
      <source>Bright: clear air. Dark: haze. Beside it: its colour.</source>
      <translation>Hell: klare Luft. Dunkel: Dunst. Daneben: seine Farbe.</translation>
    </message>
    <message>
      <source>Bring panel and backend to the same version.</source>
      <translation>Bringen Sie Programm und Dienst auf dieselbe Version.</translation>
    </message>
    <message>
      <source>Brush</source>
      <translation>Pinsel</translation>
    </message>
    <message>
      <source>Brush size</source>
      <translation>Pinselgröße</translation>
    </message>
    <message>
      <source>Camera shake</source>
      <translation>Verwacklung</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>Cast: positive means the photo is too green.</source>
      <translation>Farbstich: positiv heißt, das Foto ist zu grün.</translation>
    </message>
    <message>
      <source>Cast: positive means the photo is too warm.</source>
      <translation>Farbstich: positiv heißt, das Foto ist zu warm.</translation>
    </message>
    <message>
      <source>Changed</source>
      <translation>Verändert</translation>
    </message>
    <message>
      <source>Check your rights, or choose another place.</source>
      <translation>Rechte prüfen oder einen anderen Ort wählen.</translation>
    </message>
    <message>
      <source>Choose a folder…</source>
      <translation>Ordner wählen …</translation>
    </message>
    <message>
      <source>Choose a value that the slider has.</source>
      <translation>Wählen Sie einen Wert, den der Regler hat.</translation>
    </message>
    <message>
      <source>Choose another effort, close other programs, or restore a part of it.</source>
      <translation>Wählen Sie einen anderen Aufwand, schließen Sie andere Programme, oder restaurieren Sie nur einen Teil.</translation>
    </message>
    <message>
      <source>Choose another in the preferences.</source>
      <translation>Wählen Sie in den Einstellungen ein anderes.</translation>
    </message>
    <message>
      <source>Choose another name.</source>
      <translation>Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
      <source>Choose another place.</source>
      <translation>Einen anderen Ort wählen.</translation>
    </message>
    <message>
      <source>Choose format, name and place (Ctrl+E)</source>
      <translation>Format, Name und Ort wählen (Strg+E)</translation>
    </message>
    <message>
      <source>Choose…</source>
      <translation>Wählen …</translation>
    </message>
    <message>
      <source>Cleaning up</source>
      <translation>Feinarbeit</translation>
    </message>
    <message>
      <source>Clear haze</source>
      <translation>Dunst entfernen</translation>
    </message>
    <message>
      <source>Click something that is grey in reality</source>
      <translation>Etwas anklicken, das in Wirklichkeit grau ist</translation>
    </message>
    <message>
      <source>Click the thickest haze, mostly the sky at the horizon</source>
      <translation>Den dichtesten Dunst anklicken, meist der Himmel am Horizont</translation>
    </message>
    <message>
      <source>Close other programs.</source>
      <translation>Andere Programme schließen.</translation>
    </message>
    <message>
      <source>Close photo</source>
      <translation>Foto schließen</translation>
    </message>
    <message>
      <source>Close programs that come between (proxies), and try again.</source>
      <translation>Schließen Sie Programme, die dazwischentreten (Proxys), und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
      <source>Coarsest JPEG compression in the photo's history; 100 is none.</source>
      <translation>Gröbste JPEG-Kompression in der Geschichte des Fotos; 100 heißt keine.</translation>
    </message>
    <message>
      <source>Colour</source>
      <translation>Farbe</translation>
    </message>
    <message>
      <source>Colour blotches</source>
      <translation>Farbflecken</translation>
    </message>
    <message>
      <source>Colour noise</source>
      <translation>Farbrauschen</translation>
    </message>
    <message>
      <source>Colour of the haze</source>
      <translation>Farbe des Dunstes</translation>
    </message>
    <message>
      <source>Colour of the veil, blue.</source>
      <translation>Farbe des Schleiers, Blau.</translation>
    </message>
    <message>
      <source>Colour of the veil, green.</source>
      <translation>Farbe des Schleiers, Grün.</translation>
    </message>
    <message>
      <source>Colour of the veil, red.</source>
      <translation>Farbe des Schleiers, Rot.</translation>
    </message>
    <message>
      <source>Colour scale</source>
      <translation>Farbskala</translation>
    </message>
    <message>
      <source>Compare</source>
      <translation>Vergleichen</translation>
    </message>
    <message>
      <source>Compressed</source>
      <translation>Komprimiert</translation>
    </message>
    <message>
      <source>Compute with</source>
      <translation>Rechnen mit</translation>
    </message>
    <message>
      <source>Copied</source>
      <translation>Kopiert</translation>
    </message>
    <message>
      <source>Copy report</source>
      <translation>Bericht kopieren</translation>
    </message>
    <message>
      <source>Correlation length; 0 is white noise.</source>
      <translation>Korrelationslänge; 0 ist weißes Rauschen.</translation>
    </message>
    <message>
      <source>Ctrl+O</source>
      <translation>Strg+O</translation>
    </message>
    <message>
      <source>Cut at black and white</source>
      <translation>Beschnitt bei Schwarz und Weiß</translation>
    </message>
    <message>
      <source>Dark and noisy</source>
      <translation>Dunkel und verrauscht</translation>
    </message>
    <message>
      <source>Dark theme</source>
      <translation>Dunkel</translation>
    </message>
    <message>
      <source>Deepest shadow</source>
      <translation>Tiefster Schatten</translation>
    </message>
    <message>
      <source>Delete</source>
      <translation>Löschen</translation>
    </message>
    <message>
      <source>Denoiser's folder</source>
      <translation>Ordner des Entrauschers</translation>
    </message>
    <message>
      <source>Depth</source>
      <translation>Farbtiefe</translation>
    </message>
    <message>
      <source>Details</source>
      <translation>Einzelheiten</translation>
    </message>
    <message>
      <source>Diagnose</source>
      <translation>Diagnose</translation>
    </message>
    <message>
      <source>Direction of the motion, counter-clockwise from horizontal.</source>
      <translation>Richtung der Bewegung, gegen den Uhrzeiger von der Waagrechten.</translation>
    </message>
    <message>
      <source>Dismiss</source>
      <translation>Schließen</translation>
    </message>
    <message>
      <source>Dots: measured. Line: what the values above make of it.</source>
      <translation>Punkte: gemessen. Linie: was die Werte darüber daraus machen.</translation>
    </message>
    <message>
      <source>Drag out</source>
      <translation>Herausziehen</translation>
    </message>
    <message>
      <source>Drag this to another program or a folder: it gets the result</source>
      <translation>Auf ein anderes Programm oder einen Ordner ziehen: dort kommt das Ergebnis an</translation>
    </message>
    <message>
      <source>Draw a rectangle over an even area</source>
      <translation>Ein Rechteck über eine gleichmäßige Fläche ziehen</translation>
    </message>
    <message>
      <source>Draw a rectangle: what is wrong is taken from it</source>
      <translation>Ein Rechteck ziehen: gemessen wird nur dort</translation>
    </message>
    <message>
      <source>Draw where to restore</source>
      <translation>Zeichnen, wo gerettet werden soll</translation>
    </message>
    <message>
      <source>Drop one here, or press Ctrl+O.</source>
      <translation>Eines hierher ziehen oder Strg+O drücken.</translation>
    </message>
    <message>
      <source>Drop photos or folders here. Haze, blur, light, noise, colour and JPEG traces are measured and undone. You can correct every number. Nothing leaves this computer.</source>
      <translation>Fotos oder Ordner hierher ziehen. Dunst, Unschärfe, Licht, Rauschen, Farbe und JPEG-Spuren werden gemessen und behoben. Jede Zahl lässt sich berichtigen. Nichts verlässt diesen Rechner.</translation>
    </message>
    <message>
      <source>Drop this run (Esc)</source>
      <translation>Diesen Lauf verwerfen (Esc)</translation>
    </message>
    <message>
      <source>Effort</source>
      <translation>Aufwand</translation>
    </message>
    <message>
      <source>Embedded</source>
      <translation>Mitgeliefert</translation>
    </message>
    <message>
      <source>End it with upzeroir stop, and bring both to the same version.</source>
      <translation>Beenden Sie ihn mit upzeroir stop, und bringen Sie beide auf dieselbe Version.</translation>
    </message>
    <message>
      <source>End the backend after</source>
      <translation>Dienst beenden nach</translation>
    </message>
    <message>
      <source>End with the picture as it is now</source>
      <translation>Mit dem Bild enden, wie es jetzt ist</translation>
    </message>
    <message>
      <source>Enlargement</source>
      <translation>Vergrößerung</translation>
    </message>
    <message>
      <source>Enlargement in the photo's history: detail above 1/scale is missing.</source>
      <translation>Vergrößerung in der Geschichte des Fotos: feinere Einzelheiten fehlen.</translation>
    </message>
    <message>
      <source>Example: {name}</source>
      <translation>Beispiel: {name}</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Exportieren</translation>
    </message>
    <message>
      <source>Export {n} photos</source>
      <translation>{n} Fotos exportieren</translation>
    </message>
    <message>
      <source>Export…</source>
      <translation>Exportieren …</translation>
    </message>
    <message>
      <source>Exposure</source>
      <translation>Belichtung</translation>
    </message>
    <message>
      <source>Fast</source>
      <translation>Schnell</translation>
    </message>
    <message>
      <source>File noise</source>
      <translation>Rauschen der Datei</translation>
    </message>
    <message>
      <source>Finest detail</source>
      <translation>Feinste Einzelheit</translation>
    </message>
    <message>
      <source>Finishing with this picture</source>
      <translation>Endet mit diesem Bild</translation>
    </message>
    <message>
      <source>First draft</source>
      <translation>Erster Entwurf</translation>
    </message>
    <message>
      <source>Fit</source>
      <translation>Einpassen</translation>
    </message>
    <message>
      <source>Flattest area</source>
      <translation>Glatteste Fläche</translation>
    </message>
    <message>
      <source>Follows the photo. Click to keep this value.</source>
      <translation>Folgt dem Foto. Klicken, um diesen Wert zu behalten.</translation>
    </message>
    <message>
      <source>Format</source>
      <translation>Format</translation>
    </message>
    <message>
      <source>Free the backend's memory</source>
      <translation>Speicher des Dienstes freigeben</translation>
    </message>
    <message>
      <source>From a file…</source>
      <translation>Aus einer Datei …</translation>
    </message>
    <message>
      <source>GB</source>
      <translation>GB</translation>
    </message>
    <message>
      <source>GIMP was not found.</source>
      <translation>GIMP wurde nicht gefunden.</translation>
    </message>
    <message>
      <source>Go on</source>
      <translation>Weiter</translation>
    </message>
    <message>
      <source>Grain size</source>
      <translation>Korngröße</translation>
    </message>
    <message>
      <source>Grey point</source>
      <translation>Graupunkt</translation>
    </message>
    <message>
      <source>Grey: as it is. Line: as it will be.</source>
      <translation>Grau: wie es ist. Linie: wie es wird.</translation>
    </message>
    <message>
      <source>Guided</source>
      <translation>Geführt</translation>
    </message>
    <message>
      <source>Hand to GIMP</source>
      <translation>An GIMP geben</translation>
    </message>
    <message>
      <source>Handed to GIMP.</source>
      <translation>An GIMP gegeben.</translation>
    </message>
    <message>
      <source>Have the other program hand over a TIFF, or use Export.</source>
      <translation>Das andere Programm ein TIFF übergeben lassen oder exportieren.</translation>
    </message>
    <message>
      <source>Haze</source>
      <translation>Dunst</translation>
    </message>
    <message>
      <source>Haze depth</source>
      <translation>Dunsttiefe</translation>
    </message>
    <message>
      <source>Help</source>
      <translation>Hilfe</translation>
    </message>
    <message>
      <source>Help ▸ Diagnose makes a report.</source>
      <translation>Hilfe ▸ Diagnose macht einen Bericht.</translation>
    </message>
    <message>
      <source>Histogram</source>
      <translation>Histogramm</translation>
    </message>
    <message>
      <source>Histogram of the photo and of the result</source>
      <translation>Histogramm des Fotos und des Ergebnisses</translation>
    </message>
    <message>
      <source>Histogram with its target</source>
      <translation>Histogramm mit seinem Ziel</translation>
    </message>
    <message>
      <source>How a point of light is smeared</source>
      <translation>Wie ein Lichtpunkt verschmiert ist</translation>
    </message>
    <message>
      <source>How far the lift follows the illumination map (back-light).</source>
      <translation>Wie weit die Aufhellung der Lichtkarte folgt (Gegenlicht).</translation>
    </message>
    <message>
      <source>How far the path of a shaken camera went from its middle, root mean square.</source>
      <translation>Wie weit der Weg der verwackelten Kamera von seiner Mitte reichte, quadratisches Mittel.</translation>
    </message>
    <message>
      <source>How many times stronger the noise was when black and white cut it off.</source>
      <translation>Wievielmal stärker das Rauschen war, als Schwarz und Weiß es abschnitten.</translation>
    </message>
    <message>
      <source>How much each place was changed.</source>
      <translation>Wie stark jede Stelle verändert wurde.</translation>
    </message>
    <message>
      <source>How much is wrong, in the prior's own units. A greater scale asks for more restoration.</source>
      <translation>Wie viel fehlerhaft ist, in Einheiten des Priors. Ein größerer Wert verlangt mehr Restaurierung.</translation>
    </message>
    <message>
      <source>How much of it to undo</source>
      <translation>Wie viel davon behoben wird</translation>
    </message>
    <message>
      <source>How much of the light gets through the haze</source>
      <translation>Wie viel Licht durch den Dunst kommt</translation>
    </message>
    <message>
      <source>How well each JPEG quality explains the photo</source>
      <translation>Wie gut jede JPEG-Qualität das Foto erklärt</translation>
    </message>
    <message>
      <source>How what is wrong is spread: 2 is as even as plain noise, less is a little nearly everywhere and much in few places.</source>
      <translation>Wie sich die Fehler verteilen: 2 ist so gleichmäßig wie einfaches Rauschen, darunter fast überall wenig und an einzelnen Stellen viel.</translation>
    </message>
    <message>
      <source>In place of the photo, of which a copy is kept beside it (Ctrl+S)</source>
      <translation>An die Stelle des Fotos, von dem eine Kopie daneben bleibt (Strg+S)</translation>
    </message>
    <message>
      <source>Install GIMP 3, or save the photo and open it there.</source>
      <translation>GIMP 3 installieren, oder das Foto speichern und dort öffnen.</translation>
    </message>
    <message>
      <source>Invented</source>
      <translation>Erfunden</translation>
    </message>
    <message>
      <source>It may be meant like this. Which is right?</source>
      <translation>Es könnte so gemeint sein. Was stimmt?</translation>
    </message>
    <message>
      <source>It was cancelled.</source>
      <translation>Es wurde abgebrochen.</translation>
    </message>
    <message>
      <source>JPEG</source>
      <translation>JPEG</translation>
    </message>
    <message>
      <source>JPEG quality</source>
      <translation>JPEG-Qualität</translation>
    </message>
    <message>
      <source>Keep everything</source>
      <translation>Alles behalten</translation>
    </message>
    <message>
      <source>Keep, but not the place</source>
      <translation>Behalten, aber nicht den Ort</translation>
    </message>
    <message>
      <source>Language</source>
      <translation>Sprache</translation>
    </message>
    <message>
      <source>Latent scale</source>
      <translation>Latente Skala</translation>
    </message>
    <message>
      <source>Latent shape</source>
      <translation>Latente Form</translation>
    </message>
    <message>
      <source>Length of straight motion.</source>
      <translation>Länge der geraden Bewegung.</translation>
    </message>
    <message>
      <source>Lift</source>
      <translation>Aufhellen</translation>
    </message>
    <message>
      <source>Light</source>
      <translation>Licht</translation>
    </message>
    <message>
      <source>Light theme</source>
      <translation>Hell</translation>
    </message>
    <message>
      <source>Loading the prior</source>
      <translation>Der Prior wird geladen</translation>
    </message>
    <message>
      <source>Local light</source>
      <translation>Örtliches Licht</translation>
    </message>
    <message>
      <source>Log</source>
      <translation>Protokoll</translation>
    </message>
    <message>
      <source>Look</source>
      <translation>Aussehen</translation>
    </message>
    <message>
      <source>Look only here</source>
      <translation>Nur hier messen</translation>
    </message>
    <message>
      <source>Looking at the photo</source>
      <translation>Sieht sich das Foto an</translation>
    </message>
    <message>
      <source>Looking at the photo…</source>
      <translation>Sieht sich das Foto an …</translation>
    </message>
    <message>
      <source>Loupes</source>
      <translation>Lupen</translation>
    </message>
    <message>
      <source>Make room on the disk and try again.</source>
      <translation>Schaffen Sie Platz auf der Festplatte, und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
      <source>Make room, or choose another place.</source>
      <translation>Platz schaffen oder einen anderen Ort wählen.</translation>
    </message>
    <message>
      <source>Many more passes, for the hardest photos</source>
      <translation>Viel mehr Durchgänge, für die schwersten Fälle</translation>
    </message>
    <message>
      <source>Mean optical depth of the veil; contrast lost is 1 - exp(-depth).</source>
      <translation>Mittlere optische Tiefe des Schleiers; verlorener Kontrast ist 1 - exp(-Tiefe).</translation>
    </message>
    <message>
      <source>Measure noise here</source>
      <translation>Rauschen hier messen</translation>
    </message>
    <message>
      <source>Measured noise and its fit</source>
      <translation>Gemessenes Rauschen und seine Kurve</translation>
    </message>
    <message>
      <source>Memory for pictures</source>
      <translation>Speicher für Bilder</translation>
    </message>
    <message>
      <source>Memory, time and denoiser: from the backend's next start. Language: from the panel's.</source>
      <translation>Speicher, Zeit und Entrauscher gelten ab dem nächsten Start des Dienstes, die Sprache ab dem des Programms.</translation>
    </message>
    <message>
      <source>Metadata</source>
      <translation>Metadaten</translation>
    </message>
    <message>
      <source>Metadata when saving</source>
      <translation>Metadaten beim Speichern</translation>
    </message>
    <message>
      <source>Mid-tones</source>
      <translation>Mitteltöne</translation>
    </message>
    <message>
      <source>Missed focus</source>
      <translation>Fehlfokus</translation>
    </message>
    <message>
      <source>Motion angle</source>
      <translation>Bewegungsrichtung</translation>
    </message>
    <message>
      <source>Motion length</source>
      <translation>Bewegungslänge</translation>
    </message>
    <message>
      <source>NVIDIA graphics card</source>
      <translation>NVIDIA-Grafikkarte</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Name</translation>
    </message>
    <message>
      <source>Neutral colour</source>
      <translation>Neutrale Farbe</translation>
    </message>
    <message>
      <source>Next photo</source>
      <translation>Nächstes Foto</translation>
    </message>
    <message>
      <source>Next to nothing to fix.</source>
      <translation>Fast nichts zu beheben.</translation>
    </message>
    <message>
      <source>Noise</source>
      <translation>Rauschen</translation>
    </message>
    <message>
      <source>Noise added after the tone curve (scans, re-saved files): standard deviation.</source>
      <translation>Rauschen, das nach der Tonkurve dazukam (Scans, neu gespeicherte Dateien): Standardabweichung.</translation>
    </message>
    <message>
      <source>Not saved</source>
      <translation>Nicht gesichert</translation>
    </message>
    <message>
      <source>Nothing to fix.</source>
      <translation>Nichts zu beheben.</translation>
    </message>
    <message>
      <source>Nothing was changed.</source>
      <translation>Nichts wurde geändert.</translation>
    </message>
    <message>
      <source>Nothing was changed. Save the preset anew.</source>
      <translation>Nichts wurde geändert. Die Vorgabe neu speichern.</translation>
    </message>
    <message>
      <source>Only after</source>
      <translation>Nur nachher</translation>
    </message>
    <message>
      <source>Only after (A)</source>
      <translation>Nur nachher (A)</translation>
    </message>
    <message>
      <source>Only before</source>
      <translation>Nur vorher</translation>
    </message>
    <message>
      <source>Only before (O); hold B or the space bar for a moment</source>
      <translation>Nur vorher (O); für einen Augenblick B oder die Leertaste halten</translation>
    </message>
    <message>
      <source>Only here</source>
      <translation>Nur hier</translation>
    </message>
    <message>
      <source>Open a folder</source>
      <translation>Einen Ordner öffnen</translation>
    </message>
    <message>
      <source>Open a photo</source>
      <translation>Ein Foto öffnen</translation>
    </message>
    <message>
      <source>Open folder</source>
      <translation>Ordner öffnen</translation>
    </message>
    <message>
      <source>Open folder…</source>
      <translation>Ordner öffnen …</translation>
    </message>
    <message>
      <source>Open in GIMP</source>
      <translation>In GIMP öffnen</translation>
    </message>
    <message>
      <source>Open it from there again. What was saved is safe.</source>
      <translation>Öffnen Sie es von dort erneut. Was gesichert wurde, ist sicher.</translation>
    </message>
    <message>
      <source>Open photos</source>
      <translation>Fotos öffnen</translation>
    </message>
    <message>
      <source>Open photos…</source>
      <translation>Fotos öffnen …</translation>
    </message>
    <message>
      <source>Open the photo again. Your settings are kept.</source>
      <translation>Öffnen Sie das Foto noch einmal. Ihre Einstellungen bleiben erhalten.</translation>
    </message>
    <message>
      <source>Opened in GIMP.</source>
      <translation>In GIMP geöffnet.</translation>
    </message>
    <message>
      <source>Opened last</source>
      <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
      <source>Open…</source>
      <translation>Öffnen …</translation>
    </message>
    <message>
      <source>Optics and softness: standard deviation of a Gaussian point spread function.</source>
      <translation>Optik und Weichheit: Standardabweichung einer Gaußschen Punktverwaschung.</translation>
    </message>
    <message>
      <source>Or try an example</source>
      <translation>Oder ein Beispiel ausprobieren</translation>
    </message>
    <message>
      <source>PNG, lossless</source>
      <translation>PNG, verlustfrei</translation>
    </message>
    <message>
      <source>Paint where to restore; the right button takes away</source>
      <translation>Malen, wo gerettet werden soll; die rechte Taste nimmt weg</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Anhalten</translation>
    </message>
    <message>
      <source>Pause or go on</source>
      <translation>Anhalten oder weiter</translation>
    </message>
    <message>
      <source>Photo</source>
      <translation>Foto</translation>
    </message>
    <message>
      <source>Photos</source>
      <translation>Fotos</translation>
    </message>
    <message>
      <source>Pick</source>
      <translation>Aufnehmen</translation>
    </message>
    <message>
      <source>Pick a place that is neither black, white nor colourful.</source>
      <translation>Eine Stelle wählen, die weder schwarz noch weiß noch bunt ist.</translation>
    </message>
    <message>
      <source>Picture from GIMP</source>
      <translation>Bild aus GIMP</translation>
    </message>
    <message>
      <source>Place</source>
      <translation>Ort</translation>
    </message>
    <message>
      <source>Preferences</source>
      <translation>Einstellungen</translation>
    </message>
    <message>
      <source>Preferences…</source>
      <translation>Einstellungen …</translation>
    </message>
    <message>
      <source>Preset</source>
      <translation>Vorgabe</translation>
    </message>
    <message>
      <source>Preset saved.</source>
      <translation>Vorgabe gespeichert.</translation>
    </message>
    <message>
      <source>Presets</source>
      <translation>Vorgaben</translation>
    </message>
    <message>
      <source>Press Retry.</source>
      <translation>„Nochmal“ drücken.</translation>
    </message>
    <message>
      <source>Press Retry. The log says more.</source>
      <translation>„Nochmal“ drücken. Das Protokoll sagt mehr.</translation>
    </message>
    <message>
      <source>Press Retry: it is started anew. Your photo and settings are kept.</source>
      <translation>„Nochmal“ drücken: er wird neu gestartet. Foto und Einstellungen bleiben.</translation>
    </message>
    <message>
      <source>Previous photo</source>
      <translation>Voriges Foto</translation>
    </message>
    <message>
      <source>Prior</source>
      <translation>Prior</translation>
    </message>
    <message>
      <source>Processor</source>
      <translation>Prozessor</translation>
    </message>
    <message>
      <source>Progress</source>
      <translation>Fortschritt</translation>
    </message>
    <message>
      <source>Put it back where it was and try again. Nothing that you set was lost.</source>
      <translation>Zurücklegen, wo sie war, und nochmal versuchen. Nichts Eingestelltes ging verloren.</translation>
    </message>
    <message>
      <source>Quit</source>
      <translation>Beenden</translation>
    </message>
    <message>
      <source>Radius of the disc of confusion.</source>
      <translation>Radius des Zerstreuungskreises.</translation>
    </message>
    <message>
      <source>Read noise</source>
      <translation>Ausleserauschen</translation>
    </message>
    <message>
      <source>Reading: {name}</source>
      <translation>Deutung: {name}</translation>
    </message>
    <message>
      <source>Ready</source>
      <translation>Bereit</translation>
    </message>
    <message>
      <source>Rectangle</source>
      <translation>Rechteck</translation>
    </message>
    <message>
      <source>Redo</source>
      <translation>Wiederherstellen</translation>
    </message>
    <message>
      <source>Remove everything</source>
      <translation>Alles entfernen</translation>
    </message>
    <message>
      <source>Removing noise</source>
      <translation>Entfernt Rauschen</translation>
    </message>
    <message>
      <source>Restore</source>
      <translation>Retten</translation>
    </message>
    <message>
      <source>Restore again</source>
      <translation>Nochmal retten</translation>
    </message>
    <message>
      <source>Restore all…</source>
      <translation>Alle retten …</translation>
    </message>
    <message>
      <source>Restore and write all of these photos</source>
      <translation>Alle diese Fotos retten und schreiben</translation>
    </message>
    <message>
      <source>Restore everywhere</source>
      <translation>Überall retten</translation>
    </message>
    <message>
      <source>Restore the photo first.</source>
      <translation>Zuerst das Foto retten.</translation>
    </message>
    <message>
      <source>Restored</source>
      <translation>Gerettet</translation>
    </message>
    <message>
      <source>Restored photos that are not saved: {n}. Close and drop them?</source>
      <translation>Restaurierte Fotos, die nicht gesichert sind: {n}. Schließen und verwerfen?</translation>
    </message>
    <message>
      <source>Retry</source>
      <translation>Nochmal</translation>
    </message>
    <message>
      <source>Retry failed</source>
      <translation>Fehlgeschlagene nochmal</translation>
    </message>
    <message>
      <source>Save</source>
      <translation>Speichern</translation>
    </message>
    <message>
      <source>Save as preset</source>
      <translation>Als Vorgabe speichern</translation>
    </message>
    <message>
      <source>Save as preset…</source>
      <translation>Als Vorgabe speichern …</translation>
    </message>
    <message>
      <source>Save it anew in another program.</source>
      <translation>Speichern Sie es in einem anderen Programm neu.</translation>
    </message>
    <message>
      <source>Saved as {name}</source>
      <translation>Gespeichert als {name}</translation>
    </message>
    <message>
      <source>Saving first…</source>
      <translation>Erst wird gesichert …</translation>
    </message>
    <message>
      <source>Screen profile</source>
      <translation>Bildschirmprofil</translation>
    </message>
    <message>
      <source>Seconds to a minute: right for most photos</source>
      <translation>Sekunden bis eine Minute: richtig für die meisten Fotos</translation>
    </message>
    <message>
      <source>See what is wrong with a photo. Watch it form anew.</source>
      <translation>Sehen, was einem Foto fehlt. Zusehen, wie es neu entsteht.</translation>
    </message>
    <message>
      <source>Sensor noise of the dark, standard deviation in linear light.</source>
      <translation>Sensorrauschen im Dunkeln, Standardabweichung in linearem Licht.</translation>
    </message>
    <message>
      <source>Sensor noise that grows with light, in linear light.</source>
      <translation>Sensorrauschen, das mit dem Licht wächst, in linearem Licht.</translation>
    </message>
    <message>
      <source>Set chosen photos together</source>
      <translation>Gewählte Fotos gemeinsam einstellen</translation>
    </message>
    <message>
      <source>Shot noise</source>
      <translation>Photonenrauschen</translation>
    </message>
    <message>
      <source>Show the effect while I move a slider</source>
      <translation>Wirkung zeigen, während ich einen Regler bewege</translation>
    </message>
    <message>
      <source>Show: {name}</source>
      <translation>Zeigen: {name}</translation>
    </message>
    <message>
      <source>Side by side</source>
      <translation>Nebeneinander</translation>
    </message>
    <message>
      <source>Soft</source>
      <translation>Weich</translation>
    </message>
    <message>
      <source>Softness</source>
      <translation>Weichheit</translation>
    </message>
    <message>
      <source>Something unforeseen happened in the backend.</source>
      <translation>Im Dienst ist etwas Unvorhergesehenes geschehen.</translation>
    </message>
    <message>
      <source>Split</source>
      <translation>Geteilt</translation>
    </message>
    <message>
      <source>Split before and after</source>
      <translation>Vorher und nachher geteilt</translation>
    </message>
    <message>
      <source>Spots of colour some 6 px wide, as demosaicing and a camera's smoothing leave: standard deviation.</source>
      <translation>Farbige Flecken von etwa 6 px Breite, wie Farbinterpolation und die Glättung der Kamera sie hinterlassen: Standardabweichung.</translation>
    </message>
    <message>
      <source>Standard deviation of chroma over that of luma.</source>
      <translation>Standardabweichung der Farbe gegen die der Helligkeit.</translation>
    </message>
    <message>
      <source>Starting</source>
      <translation>Beginnt</translation>
    </message>
    <message>
      <source>Starting the backend…</source>
      <translation>Startet den Dienst …</translation>
    </message>
    <message>
      <source>Still restoring</source>
      <translation>Noch nicht fertig</translation>
    </message>
    <message>
      <source>Stop</source>
      <translation>Stopp</translation>
    </message>
    <message>
      <source>Stop and keep this</source>
      <translation>Anhalten und dies behalten</translation>
    </message>
    <message>
      <source>Stops under-exposed: positive means too dark, and the result gets brighter.</source>
      <translation>Blenden unterbelichtet: positiv heißt zu dunkel, und das Ergebnis wird heller.</translation>
    </message>
    <message>
      <source>Strength</source>
      <translation>Stärke</translation>
    </message>
    <message>
      <source>TIFF, lossless</source>
      <translation>TIFF, verlustfrei</translation>
    </message>
    <message>
      <source>Taken from the selection.</source>
      <translation>Aus der Auswahl übernommen.</translation>
    </message>
    <message>
      <source>Temperature</source>
      <translation>Temperatur</translation>
    </message>
    <message>
      <source>That is not possible now: the run is over, or has not begun.</source>
      <translation>Das geht jetzt nicht: Der Lauf ist vorbei oder hat noch nicht begonnen.</translation>
    </message>
    <message>
      <source>The backend cannot write to its folder.</source>
      <translation>Der Dienst kann nicht in seinen Ordner schreiben.</translation>
    </message>
    <message>
      <source>The backend did not start.</source>
      <translation>Der Dienst ist nicht gestartet.</translation>
    </message>
    <message>
      <source>The backend did not understand what was asked.</source>
      <translation>Der Dienst hat die Anfrage nicht verstanden.</translation>
    </message>
    <message>
      <source>The backend has forgotten the picture that another program handed over.</source>
      <translation>Der Dienst hat das Bild vergessen, das ein anderes Programm übergeben hat.</translation>
    </message>
    <message>
      <source>The backend has forgotten this photo or result.</source>
      <translation>Der Dienst hat dieses Foto oder Ergebnis vergessen.</translation>
    </message>
    <message>
      <source>The backend refused that.</source>
      <translation>Der Dienst hat das abgelehnt.</translation>
    </message>
    <message>
      <source>The backend's memory is free.</source>
      <translation>Der Speicher des Dienstes ist frei.</translation>
    </message>
    <message>
      <source>The connection to the backend broke.</source>
      <translation>Die Verbindung zum Dienst ist abgerissen.</translation>
    </message>
    <message>
      <source>The device that was chosen is not there.</source>
      <translation>Das gewählte Gerät ist nicht da.</translation>
    </message>
    <message>
      <source>The disk is full.</source>
      <translation>Die Platte ist voll.</translation>
    </message>
    <message>
      <source>The fastest there is</source>
      <translation>dem Schnellsten, was da ist</translation>
    </message>
    <message>
      <source>The file</source>
      <translation>Die Datei</translation>
    </message>
    <message>
      <source>The file {name} is not there any more.</source>
      <translation>Die Datei {name} ist nicht mehr da.</translation>
    </message>
    <message>
      <source>The folder {name} is not there.</source>
      <translation>Den Ordner {name} gibt es nicht.</translation>
    </message>
    <message>
      <source>The last session did not end as it should. Here it is again.</source>
      <translation>Die letzte Sitzung endete nicht, wie sie sollte. Hier ist sie wieder.</translation>
    </message>
    <message>
      <source>The name pattern “{pattern}” does not make a file name.</source>
      <translation>Das Namensmuster „{pattern}“ ergibt keinen Dateinamen.</translation>
    </message>
    <message>
      <source>The paper's method: slow, for photos of at most one megapixel</source>
      <translation>Das Verfahren der Veröffentlichung: langsam, für Fotos bis ein Megapixel</translation>
    </message>
    <message>
      <source>The peak is the coarsest compression in the photo's history.</source>
      <translation>Der Gipfel ist die gröbste Kompression in der Geschichte des Fotos.</translation>
    </message>
    <message>
      <source>The photo is too large for the memory, or for this effort.</source>
      <translation>Das Foto ist zu groß für den Speicher oder für diesen Aufwand.</translation>
    </message>
    <message>
      <source>The photo took too long to reach the backend.</source>
      <translation>Das Foto brauchte zu lange bis zum Dienst.</translation>
    </message>
    <message>
      <source>The picture is damaged, or of a kind that cannot be opened.</source>
      <translation>Das Bild ist beschädigt oder von einer Art, die sich nicht öffnen lässt.</translation>
    </message>
    <message>
      <source>The preset {name} does not fit: {why}</source>
      <translation>Die Vorgabe {name} passt nicht: {why}</translation>
    </message>
    <message>
      <source>The process that restores ended unexpectedly.</source>
      <translation>Der Prozess, der restauriert, endete unerwartet.</translation>
    </message>
    <message>
      <source>The restoration hung and was ended.</source>
      <translation>Die Restaurierung hing fest und wurde beendet.</translation>
    </message>
    <message>
      <source>The running backend is of another version than the panel.</source>
      <translation>Der laufende Dienst hat eine andere Version als dieses Programm.</translation>
    </message>
    <message>
      <source>There is no log yet.</source>
      <translation>Es gibt noch kein Protokoll.</translation>
    </message>
    <message>
      <source>There is no picture that can be opened.</source>
      <translation>Es gibt kein Bild, das sich öffnen lässt.</translation>
    </message>
    <message>
      <source>There is not enough memory.</source>
      <translation>Der Speicher reicht nicht.</translation>
    </message>
    <message>
      <source>This helps to help you. It holds no names of users, photos or folders.</source>
      <translation>Das hilft zu helfen. Es enthält keine Namen von Benutzern, Fotos oder Ordnern.</translation>
    </message>
    <message>
      <source>This is no picture that can be opened.</source>
      <translation>Das ist kein Bild, das sich öffnen lässt.</translation>
    </message>
    <message>
      <source>This photo could not be looked at.</source>
      <translation>Dieses Foto ließ sich nicht ansehen.</translation>
    </message>
    <message>
      <source>This place cannot be grey under any light.</source>
      <translation>Diese Stelle kann unter keinem Licht grau sein.</translation>
    </message>
    <message>
      <source>Thorough</source>
      <translation>Gründlich</translation>
    </message>
    <message>
      <source>Tint</source>
      <translation>Tönung</translation>
    </message>
    <message>
      <source>Too many photos are waiting.</source>
      <translation>Zu viele Fotos warten.</translation>
    </message>
    <message>
      <source>Try again in a moment.</source>
      <translation>Versuchen Sie es gleich noch einmal.</translation>
    </message>
    <message>
      <source>Try again when some are done.</source>
      <translation>Versuchen Sie es wieder, wenn einige fertig sind.</translation>
    </message>
    <message>
      <source>Try again with other values.</source>
      <translation>Versuchen Sie es mit anderen Werten.</translation>
    </message>
    <message>
      <source>Try again, or restore a smaller part.</source>
      <translation>Versuchen Sie es noch einmal, oder restaurieren Sie einen kleineren Teil.</translation>
    </message>
    <message>
      <source>Try again.</source>
      <translation>Versuchen Sie es noch einmal.</translation>
    </message>
    <message>
      <source>Try again: a new one is started. If it happens again, restore a smaller part.</source>
      <translation>Versuchen Sie es noch einmal: Ein neuer wird gestartet. Geschieht es wieder, restaurieren Sie einen kleineren Teil.</translation>
    </message>
    <message>
      <source>Try these in turn.</source>
      <translation>Der Reihe nach versuchen.</translation>
    </message>
    <message>
      <source>Trying it on small parts</source>
      <translation>Probiert es an kleinen Teilen</translation>
    </message>
    <message>
      <source>UP-ZeroIR {version}: measures what is wrong with a photo, and undoes it. Free software, GPL 3 or later.</source>
      <translation>UP-ZeroIR {version}: misst, was einem Foto fehlt, und behebt es. Freie Software, GPL 3 oder später.</translation>
    </message>
    <message>
      <source>Undo</source>
      <translation>Rückgängig</translation>
    </message>
    <message>
      <source>Undo what is wrong (Ctrl+R)</source>
      <translation>Beheben, was fehlt (Strg+R)</translation>
    </message>
    <message>
      <source>Undo {name}</source>
      <translation>{name} beheben</translation>
    </message>
    <message>
      <source>Undoing blur</source>
      <translation>Behebt Unschärfe</translation>
    </message>
    <message>
      <source>Unexplained</source>
      <translation>Unerklärt</translation>
    </message>
    <message>
      <source>Use letters and digits.</source>
      <translation>Buchstaben und Ziffern verwenden.</translation>
    </message>
    <message>
      <source>Use letters, digits and {parts}.</source>
      <translation>Buchstaben, Ziffern und {parts} verwenden.</translation>
    </message>
    <message>
      <source>Waiting for its turn</source>
      <translation>Wartet, bis es dran ist</translation>
    </message>
    <message>
      <source>Waiting for the engine to start</source>
      <translation>Wartet, bis das Rechenwerk läuft</translation>
    </message>
    <message>
      <source>WebP, lossless</source>
      <translation>WebP, verlustfrei</translation>
    </message>
    <message>
      <source>What came out is no picture, and was not taken.</source>
      <translation>Heraus kam kein Bild; es wurde nicht übernommen.</translation>
    </message>
    <message>
      <source>What is wrong</source>
      <translation>Was fehlt</translation>
    </message>
    <message>
      <source>What lies over the photo</source>
      <translation>Was über dem Foto liegt</translation>
    </message>
    <message>
      <source>What photos are taken to look like. More are added by the command upzeroir prior.</source>
      <translation>Wie Fotos nach seiner Kenntnis aussehen. Weitere fügt der Befehl upzeroir prior hinzu.</translation>
    </message>
    <message>
      <source>What you set for one is set for all chosen photos</source>
      <translation>Was für eines eingestellt wird, gilt für alle gewählten Fotos</translation>
    </message>
    <message>
      <source>What your photo says and the result does not. It should look like even grain: a shape in it was lost or added.</source>
      <translation>Was dein Foto sagt und das Ergebnis nicht. Es sollte wie gleichmäßiges Korn aussehen: eine Form darin ging verloren oder kam dazu.</translation>
    </message>
    <message>
      <source>When the backend is missing</source>
      <translation>Wenn der Dienst fehlt</translation>
    </message>
    <message>
      <source>Where detail or tones are a guess. Trust bright places least.</source>
      <translation>Wo Einzelheiten oder Tonwerte geraten sind. Hellen Stellen am wenigsten trauen.</translation>
    </message>
    <message>
      <source>Where to write</source>
      <translation>Wohin schreiben</translation>
    </message>
    <message>
      <source>Whether this is undone at all</source>
      <translation>Ob das überhaupt behoben wird</translation>
    </message>
    <message>
      <source>Whiteness {n}: {word}</source>
      <translation>Weißheit {n}: {word}</translation>
    </message>
    <message>
      <source>Will be written as {name}</source>
      <translation>Wird geschrieben als {name}</translation>
    </message>
    <message>
      <source>Working it out…</source>
      <translation>Wird ausgerechnet …</translation>
    </message>
    <message>
      <source>You set this. Click, or double-click the row, to let it follow the photo again.</source>
      <translation>Von dir gesetzt. Klicken, oder die Zeile doppelklicken, damit es wieder dem Foto folgt.</translation>
    </message>
    <message>
      <source>Zoom in</source>
      <translation>Vergrößern</translation>
    </message>
    <message>
      <source>Zoom out</source>
      <translation>Verkleinern</translation>
    </message>
    <message>
      <source>a guess</source>
      <translation>geraten</translation>
    </message>
    <message>
      <source>a moment</source>
      <translation>einen Moment</translation>
    </message>
    <message>
      <source>about {time} left</source>
      <translation>noch etwa {time}</translation>
    </message>
    <message>
      <source>as it comes</source>
      <translation>wie es kommt</translation>
    </message>
    <message>
      <source>auto</source>
      <translation>auto</translation>
    </message>
    <message>
      <source>automatic</source>
      <translation>automatisch</translation>
    </message>
    <message>
      <source>brightness</source>
      <translation>Helligkeit</translation>
    </message>
    <message>
      <source>clean</source>
      <translation>sauber</translation>
    </message>
    <message>
      <source>colour blotches</source>
      <translation>Farbflecken</translation>
    </message>
    <message>
      <source>compressed</source>
      <translation>komprimiert</translation>
    </message>
    <message>
      <source>cool cast</source>
      <translation>Blaustich</translation>
    </message>
    <message>
      <source>dark mid-tones</source>
      <translation>dunkle Mitteltöne</translation>
    </message>
    <message>
      <source>enlarged about {n} times</source>
      <translation>etwa {n}-fach vergrößert</translation>
    </message>
    <message>
      <source>extremely noisy</source>
      <translation>extrem verrauscht</translation>
    </message>
    <message>
      <source>failed</source>
      <translation>fehlgeschlagen</translation>
    </message>
    <message>
      <source>far out of focus</source>
      <translation>weit außerhalb der Schärfe</translation>
    </message>
    <message>
      <source>five and a half stops</source>
      <translation>fünfeinhalb Blenden</translation>
    </message>
    <message>
      <source>five stops</source>
      <translation>fünf Blenden</translation>
    </message>
    <message>
      <source>four and a half stops</source>
      <translation>viereinhalb Blenden</translation>
    </message>
    <message>
      <source>four stops</source>
      <translation>vier Blenden</translation>
    </message>
    <message>
      <source>good</source>
      <translation>gut</translation>
    </message>
    <message>
      <source>green cast</source>
      <translation>Grünstich</translation>
    </message>
    <message>
      <source>half a stop</source>
      <translation>eine halbe Blende</translation>
    </message>
    <message>
      <source>haze</source>
      <translation>Dunst</translation>
    </message>
    <message>
      <source>lightly compressed</source>
      <translation>leicht komprimiert</translation>
    </message>
    <message>
      <source>likely</source>
      <translation>wahrscheinlich</translation>
    </message>
    <message>
      <source>looking…</source>
      <translation>sieht hin …</translation>
    </message>
    <message>
      <source>looks like noise</source>
      <translation>sieht wie Rauschen aus</translation>
    </message>
    <message>
      <source>magenta cast</source>
      <translation>Magentastich</translation>
    </message>
    <message>
      <source>measured by the last run</source>
      <translation>im letzten Lauf gemessen</translation>
    </message>
    <message>
      <source>measured when it runs</source>
      <translation>wird im Lauf gemessen</translation>
    </message>
    <message>
      <source>minutes</source>
      <translation>Minuten</translation>
    </message>
    <message>
      <source>mired</source>
      <translation>Mired</translation>
    </message>
    <message>
      <source>motion-blurred</source>
      <translation>bewegungsunscharf</translation>
    </message>
    <message>
      <source>neutral</source>
      <translation>neutral</translation>
    </message>
    <message>
      <source>no blur found</source>
      <translation>keine Unschärfe gefunden</translation>
    </message>
    <message>
      <source>no traces</source>
      <translation>keine Spuren</translation>
    </message>
    <message>
      <source>noise</source>
      <translation>Rauschen</translation>
    </message>
    <message>
      <source>noisy</source>
      <translation>verrauscht</translation>
    </message>
    <message>
      <source>none</source>
      <translation>keiner</translation>
    </message>
    <message>
      <source>not looked at yet</source>
      <translation>noch nicht angesehen</translation>
    </message>
    <message>
      <source>one and a half stops</source>
      <translation>anderthalb Blenden</translation>
    </message>
    <message>
      <source>one stop</source>
      <translation>eine Blende</translation>
    </message>
    <message>
      <source>out of focus</source>
      <translation>unscharf</translation>
    </message>
    <message>
      <source>pale mid-tones</source>
      <translation>blasse Mitteltöne</translation>
    </message>
    <message>
      <source>pinned</source>
      <translation>fest</translation>
    </message>
    <message>
      <source>px</source>
      <translation>px</translation>
    </message>
    <message>
      <source>quality {n}</source>
      <translation>Qualität {n}</translation>
    </message>
    <message>
      <source>ready</source>
      <translation>bereit</translation>
    </message>
    <message>
      <source>restored</source>
      <translation>gerettet</translation>
    </message>
    <message>
      <source>restoring</source>
      <translation>wird gerettet</translation>
    </message>
    <message>
      <source>sRGB</source>
      <translation>sRGB</translation>
    </message>
    <message>
      <source>saved</source>
      <translation>gespeichert</translation>
    </message>
    <message>
      <source>set by you</source>
      <translation>von dir gesetzt</translation>
    </message>
    <message>
      <source>shaken</source>
      <translation>verwackelt</translation>
    </message>
    <message>
      <source>sharp</source>
      <translation>scharf</translation>
    </message>
    <message>
      <source>six stops</source>
      <translation>sechs Blenden</translation>
    </message>
    <message>
      <source>size {n} of the noise expected</source>
      <translation>Größe {n} des erwarteten Rauschens</translation>
    </message>
    <message>
      <source>slight cool cast</source>
      <translation>leichter Blaustich</translation>
    </message>
    <message>
      <source>slight green cast</source>
      <translation>leichter Grünstich</translation>
    </message>
    <message>
      <source>slight haze</source>
      <translation>leichter Dunst</translation>
    </message>
    <message>
      <source>slight magenta cast</source>
      <translation>leichter Magentastich</translation>
    </message>
    <message>
      <source>slight warm cast</source>
      <translation>leichter Gelbstich</translation>
    </message>
    <message>
      <source>slightly motion-blurred</source>
      <translation>leicht bewegungsunscharf</translation>
    </message>
    <message>
      <source>slightly noisy</source>
      <translation>leicht verrauscht</translation>
    </message>
    <message>
      <source>slightly out of focus</source>
      <translation>leicht unscharf</translation>
    </message>
    <message>
      <source>slightly shaken</source>
      <translation>leicht verwackelt</translation>
    </message>
    <message>
      <source>slightly soft</source>
      <translation>etwas weich</translation>
    </message>
    <message>
      <source>soft</source>
      <translation>weich</translation>
    </message>
    <message>
      <source>step {n} of {m}</source>
      <translation>Schritt {n} von {m}</translation>
    </message>
    <message>
      <source>still has a shape</source>
      <translation>hat noch eine Form</translation>
    </message>
    <message>
      <source>strong colour blotches</source>
      <translation>starke Farbflecken</translation>
    </message>
    <message>
      <source>strong cool cast</source>
      <translation>starker Blaustich</translation>
    </message>
    <message>
      <source>strong green cast</source>
      <translation>starker Grünstich</translation>
    </message>
    <message>
      <source>strong magenta cast</source>
      <translation>starker Magentastich</translation>
    </message>
    <message>
      <source>strong warm cast</source>
      <translation>starker Gelbstich</translation>
    </message>
    <message>
      <source>strongly compressed</source>
      <translation>stark komprimiert</translation>
    </message>
    <message>
      <source>strongly motion-blurred</source>
      <translation>stark bewegungsunscharf</translation>
    </message>
    <message>
      <source>strongly shaken</source>
      <translation>stark verwackelt</translation>
    </message>
    <message>
      <source>sure</source>
      <translation>sicher</translation>
    </message>
    <message>
      <source>the file before: {name}</source>
      <translation>die Datei davor: {name}</translation>
    </message>
    <message>
      <source>the one that comes with it</source>
      <translation>der mitgelieferte</translation>
    </message>
    <message>
      <source>thick haze</source>
      <translation>dichter Dunst</translation>
    </message>
    <message>
      <source>three and a half stops</source>
      <translation>dreieinhalb Blenden</translation>
    </message>
    <message>
      <source>three stops</source>
      <translation>drei Blenden</translation>
    </message>
    <message>
      <source>two and a half stops</source>
      <translation>zweieinhalb Blenden</translation>
    </message>
    <message>
      <source>two stops</source>
      <translation>zwei Blenden</translation>
    </message>
    <message>
      <source>uneven light</source>
      <translation>ungleiches Licht</translation>
    </message>
    <message>
      <source>very dark mid-tones</source>
      <translation>sehr dunkle Mitteltöne</translation>
    </message>
    <message>
      <source>very noisy</source>
      <translation>stark verrauscht</translation>
    </message>
    <message>
      <source>very pale mid-tones</source>
      <translation>sehr blasse Mitteltöne</translation>
    </message>
    <message>
      <source>very soft</source>
      <translation>sehr weich</translation>
    </message>
    <message>
      <source>very strongly compressed</source>
      <translation>sehr stark komprimiert</translation>
    </message>
    <message>
      <source>very thick haze</source>
      <translation>sehr dichter Dunst</translation>
    </message>
    <message>
      <source>very uneven light</source>
      <translation>sehr ungleiches Licht</translation>
    </message>
    <message>
      <source>waiting</source>
      <translation>wartet</translation>
    </message>
    <message>
      <source>warm cast</source>
      <translation>Gelbstich</translation>
    </message>
    <message>
      <source>white at {n} K</source>
      <translation>Weiß bei {n} K</translation>
    </message>
    <message>
      <source>{name} at 1:1, before and after. Click to go there.</source>
      <translation>{name} in 1:1, vorher und nachher. Klicken, um hinzugehen.</translation>
    </message>
    <message>
      <source>{name} is no preset of this program, or it is damaged.</source>
      <translation>{name} ist keine Vorgabe dieses Programms, oder sie ist beschädigt.</translation>
    </message>
    <message>
      <source>{name} is of a kind that is not written in place.</source>
      <translation>{name} ist von einer Art, die nicht an Ort und Stelle geschrieben wird.</translation>
    </message>
    <message>
      <source>{name} may not be opened.</source>
      <translation>{name} darf nicht geöffnet werden.</translation>
    </message>
    <message>
      <source>{name}, at 1:1</source>
      <translation>{name}, in 1:1</translation>
    </message>
    <message>
      <source>{name}, value</source>
      <translation>{name}, Wert</translation>
    </message>
    <message>
      <source>{name}: keep this value</source>
      <translation>{name}: diesen Wert behalten</translation>
    </message>
    <message>
      <source>{name}: the original's name. {number}: 001, 002, … {ending}: jpg, nef, …</source>
      <translation>{name}: Name des Originals. {number}: 001, 002, … {ending}: jpg, nef, …</translation>
    </message>
    <message>
      <source>{n} % likely</source>
      <translation>zu {n} % wahrscheinlich</translation>
    </message>
    <message>
      <source>{n} % of the contrast lost</source>
      <translation>{n} % des Kontrasts verloren</translation>
    </message>
    <message>
      <source>{n} failed</source>
      <translation>{n} fehlgeschlagen</translation>
    </message>
    <message>
      <source>{n} min</source>
      <translation>{n} min</translation>
    </message>
    <message>
      <source>{n} of 255 levels</source>
      <translation>{n} von 255 Stufen</translation>
    </message>
    <message>
      <source>{n} of {m} done</source>
      <translation>{n} von {m} fertig</translation>
    </message>
    <message>
      <source>{n} photos</source>
      <translation>{n} Fotos</translation>
    </message>
    <message>
      <source>{n} px</source>
      <translation>{n} px</translation>
    </message>
    <message>
      <source>{n} s</source>
      <translation>{n} s</translation>
    </message>
    <message>
      <source>{stops} over-exposed</source>
      <translation>{stops} überbelichtet</translation>
    </message>
    <message>
      <source>{stops} under-exposed</source>
      <translation>{stops} unterbelichtet</translation>
    </message>
    <message>
      <source>× the noise</source>
      <translation>× Rauschen</translation>
    </message>
    <message>
      <source>“{name}” cannot be the name of a file.</source>
      <translation>„{name}“ kann kein Dateiname sein.</translation>
    </message>
  </context>
</TS>
