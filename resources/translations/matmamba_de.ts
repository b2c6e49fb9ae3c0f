<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de">
<context>
    <name>QObject</name>
    <message>
        <source>%1 could not be written: %2.</source>
        <translation>%1 konnte nicht geschrieben werden: %2.</translation>
    </message>
    <message>
        <source>Opening %1, which needs about %2 of %3 free memory</source>
        <translation>%1 wird geöffnet und braucht etwa %2 von %3 freiem Speicher</translation>
    </message>
    <message>
        <source>Opening %1</source>
        <translation>%1 wird geöffnet</translation>
    </message>
    <message>
        <source>nats</source>
        <translation>Nats</translation>
    </message>
    <message>
        <source>nats per token</source>
        <translation>Nats je Token</translation>
    </message>
    <message>
        <source>width %1</source>
        <translation>Breite %1</translation>
    </message>
    <message>
        <source>a text</source>
        <translation>ein Text</translation>
    </message>
    <message>
        <source>a number</source>
        <translation>eine Zahl</translation>
    </message>
    <message>
        <source>a whole number of 0 or more</source>
        <translation>eine ganze Zahl ab 0</translation>
    </message>
    <message>
        <source>a list of widths from 1 to 64</source>
        <translation>eine Liste von Breiten von 1 bis 64</translation>
    </message>
    <message>
        <source>a list</source>
        <translation>eine Liste</translation>
    </message>
    <message>
        <source>value, standard error and number of samples</source>
        <translation>Wert, Standardfehler und Zahl der Beispiele</translation>
    </message>
    <message>
        <source>a number from 1 to that of all samples</source>
        <translation>eine Zahl von 1 bis zu der aller Beispiele</translation>
    </message>
    <message>
        <source>lists of four numbers</source>
        <translation>Listen aus vier Zahlen</translation>
    </message>
    <message>
        <source>%1 is no project: expected a file that this program has saved</source>
        <translation>%1 ist kein Projekt: Erwartet wird eine Datei, die dieses Programm gespeichert hat</translation>
    </message>
    <message>
        <source>about %1 s</source>
        <translation>etwa %1 s</translation>
    </message>
    <message>
        <source>about %1 min</source>
        <translation>etwa %1 min</translation>
    </message>
    <message>
        <source>about %1 h</source>
        <translation>etwa %1 h</translation>
    </message>
    <message>
        <source>Top-1 accuracy</source>
        <translation>Top-1-Genauigkeit</translation>
    </message>
    <message>
        <source>Top-5 accuracy</source>
        <translation>Top-5-Genauigkeit</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>Perplexität</translation>
    </message>
    <message>
        <source>%1 (n = %2 of %3)</source>
        <translation>%1 (n = %2 von %3)</translation>
    </message>
    <message>
        <source>FLOPs</source>
        <translation>FLOPs</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message numerus="yes">
        <source>%1 pictures</source>
        <translation>
            <numerusform>%1 Bild</numerusform>
            <numerusform>%1 Bilder</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 tokens</source>
        <translation>
            <numerusform>%1 Token</numerusform>
            <numerusform>%1 Token</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %2 pictures</source>
        <translation>
            <numerusform>%1 von %2 Bild</numerusform>
            <numerusform>%1 von %2 Bildern</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %2 tokens</source>
        <translation>
            <numerusform>%1 von %2 Token</numerusform>
            <numerusform>%1 von %2 Token</numerusform>
        </translation>
    </message>
    <message>
        <source>%1FLOPs per picture</source>
        <translation>%1FLOPs je Bild</translation>
    </message>
    <message>
        <source>%1FLOPs per token</source>
        <translation>%1FLOPs je Token</translation>
    </message>
    <message>
        <source>Parameters, millions</source>
        <translation>Parameter, Millionen</translation>
    </message>
    <message>
        <source>Parameters, billions</source>
        <translation>Parameter, Milliarden</translation>
    </message>
    <message>
        <source>Parameters, thousands</source>
        <translation>Parameter, Tausend</translation>
    </message>
    <message>
        <source>Weights, %1B</source>
        <translation>Gewichte, %1B</translation>
    </message>
    <message>
        <source>previous plan: %1</source>
        <translation>voriger Plan: %1</translation>
    </message>
    <message>
        <source>Measured on</source>
        <translation>Gemessen an</translation>
    </message>
    <message>
        <source>Computing time</source>
        <translation>Rechenzeit</translation>
    </message>
    <message>
        <source>Open a nested model, drag its widths, see what they cost and what they lose.</source>
        <translation>Ein verschachteltes Modell öffnen, seine Breiten ziehen und sehen, was sie kosten und was sie verlieren.</translation>
    </message>
    <message>
        <source>Model folder, weights file or project (default: what was open last, at first the built-in model).</source>
        <translation>Modellordner, Gewichtsdatei oder Projekt (Vorgabe: was zuletzt offen war, anfangs das mitgelieferte Modell).</translation>
    </message>
    <message>
        <source>What to measure on: a picture folder, CIFAR-10 or IDX files, a text or token file, or shapes or tales, which the program makes (default: shapes for the built-in model).</source>
        <translation>Woran gemessen wird: ein Bilderordner, CIFAR-10- oder IDX-Dateien, eine Text- oder Token-Datei, oder shapes oder tales, die das Programm erzeugt (Vorgabe: shapes für das mitgelieferte Modell).</translation>
    </message>
    <message>
        <source>Picture to classify.</source>
        <translation>Zu klassifizierendes Bild.</translation>
    </message>
    <message>
        <source>Text for a language model to go on with.</source>
        <translation>Text, den ein Sprachmodell fortsetzt.</translation>
    </message>
    <message>
        <source>Widths to begin with: 32, or 64,8,… (one per layer), or a plan file.</source>
        <translation>Breiten zu Beginn: 32 oder 64,8,… (eine je Schicht) oder eine Plandatei.</translation>
    </message>
    <message>
        <source>Language of the window: %1 (default: the system&apos;s).</source>
        <translation>Sprache des Fensters: %1 (Vorgabe: die des Systems).</translation>
    </message>
    <message>
        <source>Write the window as PNG when it is complete, and end.</source>
        <translation>Das Fenster als PNG schreiben, sobald es vollständig ist, und enden.</translation>
    </message>
    <message>
        <source>Size of the window in pixels, such as 1280x800.</source>
        <translation>Größe des Fensters in Pixeln, zum Beispiel 1280x800.</translation>
    </message>
    <message numerus="yes">
        <source>one MODEL is expected, but %n were given</source>
        <translation>
            <numerusform>ein MODEL wird erwartet, aber %n wurde angegeben</numerusform>
            <numerusform>ein MODEL wird erwartet, aber %n wurden angegeben</numerusform>
        </translation>
    </message>
    <message>
        <source>--language wants one of %1, but was given &apos;%2&apos;</source>
        <translation>--language erwartet eines von %1, nicht „%2“</translation>
    </message>
    <message>
        <source>--size wants two numbers of at least 100 such as 1280x800, but was given &apos;%1&apos;</source>
        <translation>--size erwartet zwei Zahlen ab 100 wie 1280x800, nicht „%1“</translation>
    </message>
    <message>
        <source>--data does not go with a project, which names its own data: open %1 without it</source>
        <translation>--data passt nicht zu einem Projekt, das seine eigenen Daten nennt: Bitte %1 ohne diese Option öffnen</translation>
    </message>
    <message>
        <source>24 classes of drawn pictures</source>
        <translation>24 Klassen gezeichneter Bilder</translation>
    </message>
    <message>
        <source>stories from a grammar</source>
        <translation>Geschichten aus einer Grammatik</translation>
    </message>
    <message>
        <source>ten classes of small photographs</source>
        <translation>zehn Klassen kleiner Fotos</translation>
    </message>
    <message>
        <source>English novels</source>
        <translation>englische Romane</translation>
    </message>
    <message>
        <source>plan of the command line</source>
        <translation>Plan der Befehlszeile</translation>
    </message>
    <message>
        <source>%1 is a vision model: open a language model to generate text.</source>
        <translation>%1 ist ein Bildmodell: Zum Generieren von Text ein Sprachmodell öffnen.</translation>
    </message>
    <message>
        <source>No built-in model was found beside the program: open a model folder instead (File → Open model folder…).</source>
        <translation>Neben dem Programm liegt kein mitgeliefertes Modell: Bitte einen Modellordner öffnen (Datei → Modellordner öffnen …).</translation>
    </message>
    <message>
        <source>There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set): --screenshot FILE draws without one.</source>
        <translation>Es gibt keine Anzeige für ein Fenster (weder DISPLAY noch WAYLAND_DISPLAY ist gesetzt): --screenshot DATEI zeichnet ohne sie.</translation>
    </message>
    <message>
        <source>A plan to pin, written as --plan; may be given several times.</source>
        <translation>Ein anzuheftender Plan, geschrieben wie --plan; mehrfach möglich.</translation>
    </message>
    <message>
        <source>Page to show: classify, generate, layers or compare; or the panel details or notes.</source>
        <translation>Gezeigte Seite: classify, generate, layers oder compare, oder das Seitenfeld details oder notes.</translation>
    </message>
    <message>
        <source>There is no page &apos;%1&apos; for this model: expected classify (vision), generate (language), layers, compare, details or notes.</source>
        <translation>Für dieses Modell gibt es keine Seite „%1“: Erwartet wird classify (Bild), generate (Sprache), layers, compare, details oder notes.</translation>
    </message>
    <message>
        <source>Where to compute in this run: cpu or cuda (default: what was chosen in the window last, at first cuda if there is one).</source>
        <translation>Wo in diesem Lauf gerechnet wird: cpu oder cuda (ohne Angabe: was im Fenster zuletzt gewählt wurde, anfangs cuda, wenn es das gibt).</translation>
    </message>
    <message>
        <source>a number above 0</source>
        <translation>eine Zahl über 0</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>Latenz</translation>
    </message>
    <message>
        <source>Tokens/s</source>
        <translation>Token/s</translation>
    </message>
    <message>
        <source>tokens/s</source>
        <translation>Token/s</translation>
    </message>
    <message>
        <source>Latency of one picture, ms</source>
        <translation>Latenz eines Bildes, ms</translation>
    </message>
    <message>
        <source>Tokens per second, one text</source>
        <translation>Token pro Sekunde, ein Text</translation>
    </message>
    <message>
        <source>a group of named values</source>
        <translation>eine Gruppe benannter Werte</translation>
    </message>
    <message>
        <source>%1 is damaged: its entry “%2” should be %3</source>
        <translation>%1 ist beschädigt: Der Eintrag „%2“ sollte %3 sein</translation>
    </message>
    <message>
        <source>%1 was saved in format %2, but this program knows 1 to %3: open it with a newer one</source>
        <translation>%1 wurde im Format %2 gespeichert, dieses Programm kennt aber 1 bis %3: Bitte mit einem neueren öffnen</translation>
    </message>
    <message>
        <source>%1 is no project or a damaged one: it ends too early, after %2 bytes</source>
        <translation>%1 ist kein Projekt oder ein beschädigtes: Die Datei endet zu früh, nach %2 Bytes</translation>
    </message>
    <message>
        <source>%1 is no project or a damaged one: only its first %2 bytes read like what this program has saved</source>
        <translation>%1 ist kein Projekt oder ein beschädigtes: Nur die ersten %2 Bytes lesen sich wie etwas, das dieses Programm gespeichert hat</translation>
    </message>
</context>
<context>
    <name>matmamba::ClassifyPage</name>
    <message>
        <source>No picture</source>
        <translation>Kein Bild</translation>
    </message>
    <message>
        <source>Picture to classify</source>
        <translation>Zu klassifizierendes Bild</translation>
    </message>
    <message>
        <source>All of the data set</source>
        <translation>Ganzer Datensatz</translation>
    </message>
    <message>
        <source>A right, B wrong</source>
        <translation>A richtig, B falsch</translation>
    </message>
    <message>
        <source>B right, A wrong</source>
        <translation>B richtig, A falsch</translation>
    </message>
    <message>
        <source>A and B differ</source>
        <translation>A und B verschieden</translation>
    </message>
    <message>
        <source>Previous picture (Alt+Left)</source>
        <translation>Voriges Bild (Alt+Links)</translation>
    </message>
    <message>
        <source>Previous picture</source>
        <translation>Voriges Bild</translation>
    </message>
    <message>
        <source>Next picture (Alt+Right)</source>
        <translation>Nächstes Bild (Alt+Rechts)</translation>
    </message>
    <message>
        <source>Next picture</source>
        <translation>Nächstes Bild</translation>
    </message>
    <message>
        <source>%1, %2 × %3</source>
        <translation>%1, %2 × %3</translation>
    </message>
    <message>
        <source>Picture to classify: %1</source>
        <translation>Zu klassifizierendes Bild: %1</translation>
    </message>
    <message>
        <source>Classifying…</source>
        <translation>Wird klassifiziert …</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>B is the same plan as A. Move a slider to see another, or keep a plan with Set as B.</source>
        <translation>B ist derselbe Plan wie A. Einen Regler bewegen, um einen anderen zu sehen, oder einen Plan mit „Als B“ behalten.</translation>
    </message>
    <message>
        <source>Open a vision model to classify this picture.</source>
        <translation>Ein Bildmodell öffnen, um dieses Bild zu klassifizieren.</translation>
    </message>
    <message>
        <source>This picture could not be classified: the message above says why.</source>
        <translation>Dieses Bild konnte nicht klassifiziert werden: Die Meldung oben sagt, warum.</translation>
    </message>
    <message>
        <source>Cancelled; the picture is classified when the plan changes.</source>
        <translation>Abgebrochen; das Bild wird klassifiziert, wenn sich der Plan ändert.</translation>
    </message>
    <message>
        <source>A and B agree on %1 (n = %2)</source>
        <translation>A und B stimmen bei %1 überein (n = %2)</translation>
    </message>
    <message>
        <source>Open pictures to browse them (Data menu)</source>
        <translation>Zum Blättern Bilder öffnen (Menü Daten)</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message numerus="yes">
        <source>%1 pictures</source>
        <translation>
            <numerusform>%1 Bild</numerusform>
            <numerusform>%1 Bilder</numerusform>
        </translation>
    </message>
    <message>
        <source>none so far</source>
        <translation>bisher keine</translation>
    </message>
    <message>
        <source>Drop pictures or a folder of them anywhere in the window, paste one, open some (File → Classify pictures…), or browse the data set.</source>
        <translation>Bilder oder einen Ordner mit Bildern irgendwo im Fenster ablegen, einfügen oder öffnen (Datei → Bilder klassifizieren …), oder im Datensatz blättern.</translation>
    </message>
    <message>
        <source>Opened pictures</source>
        <translation>Geöffnete Bilder</translation>
    </message>
    <message>
        <source>Which pictures to browse</source>
        <translation>Durch welche Bilder geblättert wird</translation>
    </message>
    <message>
        <source>Which pictures to browse: of the data set, as far as A and B are measured, or those that were dropped, pasted or opened</source>
        <translation>Durch welche Bilder geblättert wird: die des Datensatzes, soweit A und B gemessen sind, oder die abgelegten, eingefügten oder geöffneten</translation>
    </message>
    <message>
        <source>%1 – A and B agree</source>
        <translation>%1 – A und B stimmen überein</translation>
    </message>
    <message>
        <source>%1 – A and B differ</source>
        <translation>%1 – A und B verschieden</translation>
    </message>
    <message>
        <source>Drop, paste or open pictures to browse them</source>
        <translation>Zum Blättern Bilder ablegen, einfügen oder öffnen</translation>
    </message>
</context>
<context>
    <name>matmamba::ComparePage</name>
    <message>
        <source>Pinned plans</source>
        <translation>Angeheftete Pläne</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>The sliders take this plan</source>
        <translation>Die Regler übernehmen diesen Plan</translation>
    </message>
    <message>
        <source>As baseline</source>
        <translation>Als Bezug</translation>
    </message>
    <message>
        <source>Differences are to this plan</source>
        <translation>Differenzen beziehen sich auf diesen Plan</translation>
    </message>
    <message>
        <source>As B</source>
        <translation>Als B</translation>
    </message>
    <message>
        <source>Classify and Generate show this plan beside the current one</source>
        <translation>Klassifizieren und Generieren zeigen diesen Plan neben dem aktuellen</translation>
    </message>
    <message>
        <source>Up</source>
        <translation>Nach oben</translation>
    </message>
    <message>
        <source>One row up</source>
        <translation>Eine Zeile nach oben</translation>
    </message>
    <message>
        <source>Down</source>
        <translation>Nach unten</translation>
    </message>
    <message>
        <source>One row down</source>
        <translation>Eine Zeile nach unten</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Unpin this plan</source>
        <translation>Diesen Plan lösen</translation>
    </message>
    <message>
        <source>Export table…</source>
        <translation>Tabelle exportieren …</translation>
    </message>
    <message>
        <source>Write the pinned runs as .csv</source>
        <translation>Die angehefteten Messungen als .csv schreiben</translation>
    </message>
    <message>
        <source>pinned plan</source>
        <translation>angehefteter Plan</translation>
    </message>
    <message>
        <source>No plan is pinned yet: set the sliders and press Pin (Ctrl+P), or drag a rectangle around points of the plot with Shift.
Pinned plans are measured on all data and compared here.</source>
        <translation>Noch ist kein Plan angeheftet: Regler einstellen und „Anheften“ drücken (Strg+P) oder mit der Umschalttaste ein Rechteck um Punkte des Diagramms ziehen.
Angeheftete Pläne werden an allen Daten gemessen und hier verglichen.</translation>
    </message>
</context>
<context>
    <name>matmamba::CompareTable</name>
    <message>
        <source>baseline</source>
        <translation>Bezug</translation>
    </message>
    <message>
        <source>Heads of each layer: %1</source>
        <translation>Köpfe je Schicht: %1</translation>
    </message>
    <message>
        <source>Double click or F2 to write a note</source>
        <translation>Doppelklick oder F2, um eine Notiz zu schreiben</translation>
    </message>
    <message>
        <source>Share of samples on which the likeliest answer is the same as the baseline&apos;s</source>
        <translation>Anteil der Beispiele, deren wahrscheinlichste Antwort dieselbe ist wie die des Bezugsplans</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Notiz</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>Perplexität</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>n</source>
        <translation>n</translation>
    </message>
    <message>
        <source>%1 of the baseline&apos;s (Δ %2)</source>
        <translation>%1 des Bezugsplans (Δ %2)</translation>
    </message>
    <message>
        <source>Time of one prepared picture alone on this device, median ± median absolute deviation</source>
        <translation>Zeit für ein einzelnes vorbereitetes Bild auf diesem Gerät, Median ± Median der absoluten Abweichung</translation>
    </message>
    <message>
        <source>Speed of decoding one text on this device, median ± median absolute deviation</source>
        <translation>Geschwindigkeit beim Schreiben eines Textes auf diesem Gerät, Median ± Median der absoluten Abweichung</translation>
    </message>
    <message>
        <source>Repetitions: %1</source>
        <translation>Wiederholungen: %1</translation>
    </message>
    <message>
        <source>Difference to the baseline</source>
        <translation>Differenz zum Bezugsplan</translation>
    </message>
    <message>
        <source>Difference to the baseline: %1. Its standard error is that of two independent measurements; both saw the same samples, so the true one is smaller.</source>
        <translation>Differenz zum Bezugsplan: %1. Ihr Standardfehler ist der zweier unabhängiger Messungen; beide sahen dieselben Beispiele, der wahre ist also kleiner.</translation>
    </message>
    <message>
        <source>Samples measured, in %1 of computing each, on this device and in batches</source>
        <translation>Gemessene Beispiele, je %1 Rechenzeit, auf diesem Gerät und in Batches</translation>
    </message>
    <message>
        <source>Top-1</source>
        <translation>Top-1</translation>
    </message>
    <message>
        <source>Δ Top-1</source>
        <translation>Δ Top-1</translation>
    </message>
    <message>
        <source>% points</source>
        <translation>%-Punkte</translation>
    </message>
    <message>
        <source>Δ Per-
plexity</source>
        <translation>Δ Per-
plexität</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>nats</source>
        <translation>Nats</translation>
    </message>
    <message>
        <source>Δ Loss</source>
        <translation>Δ Verlust</translation>
    </message>
    <message>
        <source>Params</source>
        <translation>Param.</translation>
    </message>
    <message>
        <source>Agreement</source>
        <translation>Einigkeit</translation>
    </message>
    <message>
        <source>Difference to the baseline, %1</source>
        <translation>Unterschied zum Bezug, %1</translation>
    </message>
    <message>
        <source>On how many samples the plan and the baseline, %1, predict the same</source>
        <translation>Bei wie vielen Beispielen der Plan und der Bezug, %1, dasselbe vorhersagen</translation>
    </message>
</context>
<context>
    <name>matmamba::CostPanel</name>
    <message>
        <source>Difference to the baseline</source>
        <translation>Differenz zum Bezugsplan</translation>
    </message>
    <message>
        <source>%1 of full</source>
        <translation>%1 vom Ganzen</translation>
    </message>
    <message>
        <source>FLOPs per picture</source>
        <translation>FLOPs je Bild</translation>
    </message>
    <message>
        <source>FLOPs per token</source>
        <translation>FLOPs je Token</translation>
    </message>
</context>
<context>
    <name>matmamba::DetailsPanel</name>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Path</source>
        <translation>Pfad</translation>
    </message>
    <message>
        <source>none is open</source>
        <translation>keines geöffnet</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message numerus="yes">
        <source>vision, %n classes</source>
        <translation>
            <numerusform>Bild, %n Klasse</numerusform>
            <numerusform>Bild, %n Klassen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>language, %1 entries</source>
        <translation>
            <numerusform>Sprache, %1 Eintrag</numerusform>
            <numerusform>Sprache, %1 Einträge</numerusform>
        </translation>
    </message>
    <message>
        <source>Geometry</source>
        <translation>Geometrie</translation>
    </message>
    <message numerus="yes">
        <source>%n layers, d_model %1, d_state %2, heads of %3</source>
        <translation>
            <numerusform>%n Schicht, d_model %1, d_state %2, Köpfe zu %3</numerusform>
            <numerusform>%n Schichten, d_model %1, d_state %2, Köpfe zu %3</numerusform>
        </translation>
    </message>
    <message>
        <source>Input</source>
        <translation>Eingabe</translation>
    </message>
    <message>
        <source>%1 × %1 pixels in patches of %2 × %2; %3</source>
        <translation>%1 × %1 Pixel in Patches zu %2 × %2; %3</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>%1 in %2</source>
        <translation>%1 in %2</translation>
    </message>
    <message>
        <source>Computes</source>
        <translation>Rechnet auf</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>none are open</source>
        <translation>keine geöffnet</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>Beispiele</translation>
    </message>
    <message numerus="yes">
        <source>%1 pictures</source>
        <translation>
            <numerusform>%1 Bild</numerusform>
            <numerusform>%1 Bilder</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 scored tokens</source>
        <translation>
            <numerusform>%1 bewertetes Token</numerusform>
            <numerusform>%1 bewertete Token</numerusform>
        </translation>
    </message>
    <message>
        <source>Windows</source>
        <translation>Fenster</translation>
    </message>
    <message numerus="yes">
        <source>of up to %n tokens</source>
        <translation>
            <numerusform>von bis zu %n Token</numerusform>
            <numerusform>von bis zu %n Token</numerusform>
        </translation>
    </message>
    <message>
        <source>Entropy</source>
        <translation>Entropie</translation>
    </message>
    <message>
        <source>%1 nats per token</source>
        <translation>%1 Nats je Token</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>Belegt</translation>
    </message>
    <message>
        <source>%1 (%2 free)</source>
        <translation>%1 (%2 frei)</translation>
    </message>
    <message>
        <source>Model and data</source>
        <translation>Modell und Daten</translation>
    </message>
</context>
<context>
    <name>matmamba::DeviceMenu</name>
    <message>
        <source>&amp;CPU</source>
        <translation>&amp;CPU</translation>
    </message>
    <message>
        <source>&amp;GPU</source>
        <translation>&amp;GPU</translation>
    </message>
    <message>
        <source>D&amp;evice</source>
        <translation>Ge&amp;rät</translation>
    </message>
    <message>
        <source>Compute on the processor, in float32</source>
        <translation>Auf dem Prozessor rechnen, in float32</translation>
    </message>
    <message>
        <source>Looking for a card…</source>
        <translation>Eine Grafikkarte wird gesucht…</translation>
    </message>
    <message>
        <source>Compute on %1, in bfloat16</source>
        <translation>Auf %1 rechnen, in bfloat16</translation>
    </message>
    <message>
        <source>GPU lost</source>
        <translation>GPU verloren</translation>
    </message>
</context>
<context>
    <name>matmamba::ErrorBar</name>
    <message>
        <source>Dismiss</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Error: %1</source>
        <translation>Fehler: %1</translation>
    </message>
</context>
<context>
    <name>matmamba::ExplorerWindow</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;New project</source>
        <translation>&amp;Neues Projekt</translation>
    </message>
    <message>
        <source>Open pro&amp;ject…</source>
        <translation>&amp;Projekt öffnen …</translation>
    </message>
    <message>
        <source>&amp;Save project</source>
        <translation>Projekt &amp;speichern</translation>
    </message>
    <message>
        <source>Save project &amp;as…</source>
        <translation>Projekt speichern &amp;unter …</translation>
    </message>
    <message>
        <source>&amp;Open model folder…</source>
        <translation>&amp;Modellordner öffnen …</translation>
    </message>
    <message>
        <source>Open model</source>
        <translation>Modell öffnen</translation>
    </message>
    <message>
        <source>Open model &amp;file…</source>
        <translation>Mo&amp;delldatei öffnen …</translation>
    </message>
    <message>
        <source>&amp;Built-in models</source>
        <translation>M&amp;itgelieferte Modelle</translation>
    </message>
    <message>
        <source>&amp;Recent models</source>
        <translation>&amp;Zuletzt geöffnete Modelle</translation>
    </message>
    <message>
        <source>&amp;Generate text</source>
        <translation>Text &amp;generieren</translation>
    </message>
    <message>
        <source>&amp;Export</source>
        <translation>&amp;Exportieren</translation>
    </message>
    <message>
        <source>&amp;Plan…</source>
        <translation>&amp;Plan …</translation>
    </message>
    <message>
        <source>&amp;Sliced model…</source>
        <translation>&amp;Teilmodell …</translation>
    </message>
    <message>
        <source>All &amp;runs as table…</source>
        <translation>Alle &amp;Messungen als Tabelle …</translation>
    </message>
    <message>
        <source>P&amp;lot…</source>
        <translation>&amp;Diagramm …</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>&amp;Data</source>
        <translation>Date&amp;n</translation>
    </message>
    <message>
        <source>Open f&amp;older…</source>
        <translation>&amp;Ordner öffnen …</translation>
    </message>
    <message>
        <source>Open data</source>
        <translation>Daten öffnen</translation>
    </message>
    <message>
        <source>Open data folder</source>
        <translation>Datenordner öffnen</translation>
    </message>
    <message>
        <source>Open f&amp;ile…</source>
        <translation>&amp;Datei öffnen …</translation>
    </message>
    <message>
        <source>Open data file</source>
        <translation>Datendatei öffnen</translation>
    </message>
    <message>
        <source>&amp;Shapes (pictures, made by the program)</source>
        <translation>&amp;Shapes (Bilder, vom Programm gezeichnet)</translation>
    </message>
    <message>
        <source>&amp;Tales (stories, made by the program)</source>
        <translation>&amp;Tales (Geschichten, vom Programm erzählt)</translation>
    </message>
    <message>
        <source>&amp;Recent data</source>
        <translation>&amp;Zuletzt geöffnete Daten</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>&amp;Abbrechen</translation>
    </message>
    <message>
        <source>Cancel opening or measuring</source>
        <translation>Öffnen oder Messen abbrechen</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>&amp;Undo %1</source>
        <translation>&amp;Rückgängig: %1</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Wiederholen</translation>
    </message>
    <message>
        <source>&amp;Redo %1</source>
        <translation>&amp;Wiederholen: %1</translation>
    </message>
    <message>
        <source>&amp;Paste picture</source>
        <translation>Bild &amp;einfügen</translation>
    </message>
    <message>
        <source>P&amp;in plan</source>
        <translation>Plan &amp;anheften</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>Anheften</translation>
    </message>
    <message>
        <source>Keep this plan in the table of Compare</source>
        <translation>Diesen Plan in der Tabelle von „Vergleichen“ behalten</translation>
    </message>
    <message>
        <source>Set as &amp;B</source>
        <translation>Als &amp;B</translation>
    </message>
    <message>
        <source>Keep this plan as B, to see others beside it</source>
        <translation>Diesen Plan als B behalten, um andere daneben zu sehen</translation>
    </message>
    <message>
        <source>&amp;All layers</source>
        <translation>Alle &amp;Schichten</translation>
    </message>
    <message>
        <source>Next &amp;cheaper measured plan</source>
        <translation>Nächster &amp;günstigerer gemessener Plan</translation>
    </message>
    <message>
        <source>Next &amp;dearer measured plan</source>
        <translation>Nächster &amp;teurerer gemessener Plan</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Logarithmic cost</source>
        <translation>Kosten &amp;logarithmisch</translation>
    </message>
    <message>
        <source>&amp;Other measured plans</source>
        <translation>&amp;Weitere gemessene Pläne</translation>
    </message>
    <message>
        <source>&amp;Fit plot</source>
        <translation>&amp;Diagramm einpassen</translation>
    </message>
    <message>
        <source>&amp;Dismiss message</source>
        <translation>&amp;Meldung schließen</translation>
    </message>
    <message>
        <source>F&amp;ull screen</source>
        <translation>&amp;Vollbild</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;Keyboard</source>
        <translation>&amp;Tastatur</translation>
    </message>
    <message>
        <source>&amp;About</source>
        <translation>Ü&amp;ber</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>Open model folder</source>
        <translation>Modellordner öffnen</translation>
    </message>
    <message>
        <source>Open model file</source>
        <translation>Modelldatei öffnen</translation>
    </message>
    <message>
        <source>Weights (*.safetensors *.bin *.pt)</source>
        <translation>Gewichte (*.safetensors *.bin *.pt)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Pictures (*.jpg *.jpeg *.png *.bmp *.webp *.pgm *.ppm)</source>
        <translation>Bilder (*.jpg *.jpeg *.png *.bmp *.webp *.pgm *.ppm)</translation>
    </message>
    <message>
        <source>Data (*.bin *.txt *images*idx3*)</source>
        <translation>Daten (*.bin *.txt *images*idx3*)</translation>
    </message>
    <message>
        <source>Export plan</source>
        <translation>Plan exportieren</translation>
    </message>
    <message>
        <source>Plan (*.json)</source>
        <translation>Plan (*.json)</translation>
    </message>
    <message>
        <source>Export as a model of its own</source>
        <translation>Als eigenes Modell exportieren</translation>
    </message>
    <message>
        <source>New model folder (*)</source>
        <translation>Neuer Modellordner (*)</translation>
    </message>
    <message>
        <source>Export runs</source>
        <translation>Messungen exportieren</translation>
    </message>
    <message>
        <source>Table (*.csv)</source>
        <translation>Tabelle (*.csv)</translation>
    </message>
    <message>
        <source>Export pinned plans</source>
        <translation>Angeheftete Pläne exportieren</translation>
    </message>
    <message>
        <source>Save plot</source>
        <translation>Diagramm speichern</translation>
    </message>
    <message>
        <source>Picture (*.png)</source>
        <translation>Bild (*.png)</translation>
    </message>
    <message>
        <source>Vector drawing (*.pdf)</source>
        <translation>Vektorzeichnung (*.pdf)</translation>
    </message>
    <message>
        <source>the pasted picture</source>
        <translation>das eingefügte Bild</translation>
    </message>
    <message>
        <source>The clipboard holds no picture: copy one, or a picture file, first.</source>
        <translation>Die Zwischenablage enthält kein Bild: Bitte zuerst eines oder eine Bilddatei kopieren.</translation>
    </message>
    <message>
        <source>About MatMamba Explorer</source>
        <translation>Über MatMamba Explorer</translation>
    </message>
    <message>
        <source>&lt;h3&gt;MatMamba Explorer %1&lt;/h3&gt;&lt;p&gt;Opens nested Mamba-2 models, shows at once what a narrower submodel costs and within a moment what it loses.&lt;/p&gt;&lt;p&gt;Model: MatMamba, arXiv 2410.06718. Licence: GPL-3.0-or-later.&lt;/p&gt;</source>
        <translation>&lt;h3&gt;MatMamba Explorer %1&lt;/h3&gt;&lt;p&gt;Öffnet verschachtelte Mamba-2-Modelle und zeigt sofort, was ein schmaleres Teilmodell kostet, und kurz darauf, was es verliert.&lt;/p&gt;&lt;p&gt;Modell: MatMamba, arXiv 2410.06718. Lizenz: GPL-3.0-or-later.&lt;/p&gt;</translation>
    </message>
    <message>
        <source>%1 cannot be read: %2.</source>
        <translation>%1 kann nicht gelesen werden: %2.</translation>
    </message>
    <message>
        <source>Save project?</source>
        <translation>Projekt speichern?</translation>
    </message>
    <message>
        <source>Runs, pins and notes of the current project are not saved in a file. Save them first?</source>
        <translation>Messungen, angeheftete Pläne und Notizen des aktuellen Projekts sind in keiner Datei gespeichert. Zuerst speichern?</translation>
    </message>
    <message>
        <source>Open project</source>
        <translation>Projekt öffnen</translation>
    </message>
    <message>
        <source>Project (*.matmamba)</source>
        <translation>Projekt (*.matmamba)</translation>
    </message>
    <message>
        <source>Save project</source>
        <translation>Projekt speichern</translation>
    </message>
    <message>
        <source>Classify</source>
        <translation>Klassifizieren</translation>
    </message>
    <message>
        <source>Generate</source>
        <translation>Generieren</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>Schichten</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Notes on this project, kept with its runs</source>
        <translation>Notizen zu diesem Projekt, mit seinen Messungen aufbewahrt</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>Notizen</translation>
    </message>
    <message>
        <source>Model and data</source>
        <translation>Modell und Daten</translation>
    </message>
    <message>
        <source>Opening %1</source>
        <translation>%1 wird geöffnet</translation>
    </message>
    <message>
        <source>Exporting %1</source>
        <translation>%1 wird exportiert</translation>
    </message>
    <message>
        <source>Open a model first (File → Open model folder…): %1 would be measured by it.</source>
        <translation>Bitte zuerst das Modell öffnen, das an %1 gemessen werden soll (Datei → Modellordner öffnen …).</translation>
    </message>
    <message>
        <source>%1 is a language model: open a vision model to classify %2.</source>
        <translation>%1 ist ein Sprachmodell: Ein Bildmodell öffnen, um zu klassifizieren (%2).</translation>
    </message>
    <message>
        <source>Another model is being opened, so %1 was not written: export again when it is open.</source>
        <translation>Gerade wird ein anderes Modell geöffnet, deshalb wurde %1 nicht geschrieben: Bitte erneut exportieren, wenn es offen ist.</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>A: %1   B: %2</source>
        <translation>A: %1   B: %2</translation>
    </message>
    <message>
        <source>A is the plan of the sliders; B is set by the button below them</source>
        <translation>A ist der Plan der Regler; B setzt die Schaltfläche darunter</translation>
    </message>
    <message>
        <source>current plan</source>
        <translation>aktueller Plan</translation>
    </message>
    <message>
        <source>Measuring %1: %2</source>
        <translation>Messung, %1: %2</translation>
    </message>
    <message>
        <source>Exported to %1</source>
        <translation>Exportiert nach %1</translation>
    </message>
    <message>
        <source>Exported to %1 (%2); read back, its logits differ by at most %3</source>
        <translation>Exportiert nach %1 (%2); zurückgelesen weichen die Logits um höchstens %3 ab</translation>
    </message>
    <message>
        <source>Cancelled; measuring goes on when the plan changes</source>
        <translation>Abgebrochen; gemessen wird weiter, wenn sich der Plan ändert</translation>
    </message>
    <message>
        <source>Measuring has failed; it goes on when the plan changes</source>
        <translation>Die Messung ist fehlgeschlagen; sie geht weiter, wenn sich der Plan ändert</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message numerus="yes">
        <source>Measured on all %1 pictures</source>
        <translation>
            <numerusform>An %1 Bild gemessen</numerusform>
            <numerusform>An allen %1 Bildern gemessen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Measured on all %1 tokens</source>
        <translation>
            <numerusform>An %1 Token gemessen</numerusform>
            <numerusform>An allen %1 Token gemessen</numerusform>
        </translation>
    </message>
    <message>
        <source>MatMamba Explorer</source>
        <translation>MatMamba Explorer</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>Kein Modell</translation>
    </message>
    <message>
        <source>%1 – %2</source>
        <translation>%1 – %2</translation>
    </message>
    <message>
        <source>%1[*] – MatMamba Explorer</source>
        <translation>%1[*] – MatMamba Explorer</translation>
    </message>
    <message numerus="yes">
        <source>&lt;b&gt;%1&lt;/b&gt;, %n layers, %2 parameters</source>
        <translation>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %n Schicht, %2 Parameter</numerusform>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %n Schichten, %2 Parameter</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 on %2, %3</source>
        <translation>%1 auf %2, %3</translation>
    </message>
    <message>
        <source>the dropped picture</source>
        <translation>das abgelegte Bild</translation>
    </message>
    <message>
        <source>%1 is not on this machine: save it to a file first.</source>
        <translation>%1 liegt nicht auf diesem Rechner: Bitte zuerst in einer Datei speichern.</translation>
    </message>
    <message>
        <source>&amp;Classify pictures…</source>
        <translation>Bilder &amp;klassifizieren …</translation>
    </message>
    <message>
        <source>Classify pictures</source>
        <translation>Bilder klassifizieren</translation>
    </message>
    <message>
        <source>Generating text</source>
        <translation>Text wird generiert</translation>
    </message>
    <message>
        <source>Go on with the C&amp;PU</source>
        <translation>Mit der C&amp;PU weitermachen</translation>
    </message>
    <message>
        <source>Changing the device</source>
        <translation>Das Gerät wird gewechselt</translation>
    </message>
    <message>
        <source>The GPU is lost</source>
        <translation>Die GPU ist verloren</translation>
    </message>
    <message>
        <source>Pin plans in &amp;view</source>
        <translation>Pläne im Bild anhe&amp;ften</translation>
    </message>
    <message>
        <source>Pin every plan that the plot&apos;s frame shows, and compare them</source>
        <translation>Jeden Plan anheften, den der Rahmen des Diagramms zeigt, und sie vergleichen</translation>
    </message>
    <message>
        <source>Pareto f&amp;ront</source>
        <translation>Pareto-F&amp;ront</translation>
    </message>
    <message>
        <source>L&amp;abels</source>
        <translation>Beschrift&amp;ung</translation>
    </message>
    <message>
        <source>Vector drawing (*.svg)</source>
        <translation>Vektorzeichnung (*.svg)</translation>
    </message>
    <message>
        <source>Table of the runs (*.csv)</source>
        <translation>Tabelle der Messungen (*.csv)</translation>
    </message>
    <message>
        <source>Measuring latency on this device, plans to go: %1</source>
        <translation>Latenz auf diesem Gerät wird gemessen, noch Pläne: %1</translation>
    </message>
    <message>
        <source>Measuring tokens/s on this device, plans to go: %1</source>
        <translation>Token/s auf diesem Gerät werden gemessen, noch Pläne: %1</translation>
    </message>
    <message>
        <source>Measure speeds again</source>
        <translation>Geschwindigkeiten neu messen</translation>
    </message>
    <message>
        <source>Latency or tokens/s of the plans in sight: other work on the machine falsifies them</source>
        <translation>Latenz oder Token/s der gezeigten Pläne: Andere Arbeit auf der Maschine verfälscht sie</translation>
    </message>
    <message>
        <source>&amp;Select and pin points by a drag</source>
        <translation>Punkte mit der Maus auswähle&amp;n und anheften</translation>
    </message>
    <message>
        <source>Measuring again what %1 predicts: %2</source>
        <translation>Vorhersagen werden neu gemessen, %1: %2</translation>
    </message>
    <message>
        <source>La&amp;yers as table…</source>
        <translation>Schi&amp;chten als Tabelle …</translation>
    </message>
    <message>
        <source>Export layers</source>
        <translation>Schichten exportieren</translation>
    </message>
    <message>
        <source>%1. It is kept as %2.</source>
        <translation>%1. Die Datei wird als %2 aufgehoben.</translation>
    </message>
    <message>
        <source>project</source>
        <translation>projekt</translation>
    </message>
    <message>
        <source>Restore the session before</source>
        <translation>Vorige Sitzung wiederherstellen</translation>
    </message>
    <message>
        <source>Open p&amp;lan…</source>
        <translation>P&amp;lan öffnen …</translation>
    </message>
    <message>
        <source>Open a model first (File → Open model folder…): %1 is a plan for one.</source>
        <translation>Zuerst ein Modell öffnen (Datei → Modellordner öffnen …): %1 ist ein Plan für eines.</translation>
    </message>
    <message>
        <source>Open plan</source>
        <translation>Plan öffnen</translation>
    </message>
    <message>
        <source>Written to %1</source>
        <translation>Geschrieben nach %1</translation>
    </message>
</context>
<context>
    <name>matmamba::GeneratePage</name>
    <message>
        <source>&amp;Generate</source>
        <translation>&amp;Generieren</translation>
    </message>
    <message>
        <source>St&amp;op</source>
        <translation>S&amp;topp</translation>
    </message>
    <message>
        <source>Prompt: how the text begins, such as “It was”</source>
        <translation>Prompt: wie der Text beginnt, etwa „It was“</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>Prompt</translation>
    </message>
    <message>
        <source>The same plan as A</source>
        <translation>Derselbe Plan wie A</translation>
    </message>
    <message numerus="yes">
        <source>%n tokens</source>
        <translation>
            <numerusform>%n Token</numerusform>
            <numerusform>%n Token</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tokens, the first after %1, then %2 tokens/s</source>
        <translation>
            <numerusform>%n Token, das erste nach %1, dann %2 Token/s</numerusform>
            <numerusform>%n Token, das erste nach %1, dann %2 Token/s</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tokens, the first after %1</source>
        <translation>
            <numerusform>%n Token, das erste nach %1</numerusform>
            <numerusform>%n Token, das erste nach %1</numerusform>
        </translation>
    </message>
    <message>
        <source>A: %1</source>
        <translation>A: %1</translation>
    </message>
    <message>
        <source>A: %1 (the sliders now: %2)</source>
        <translation>A: %1 (die Regler jetzt: %2)</translation>
    </message>
    <message>
        <source>B: %1</source>
        <translation>B: %1</translation>
    </message>
    <message>
        <source>B: %1 (B now: %2)</source>
        <translation>B: %1 (B jetzt: %2)</translation>
    </message>
    <message>
        <source>How the text begins; Return generates</source>
        <translation>Wie der Text beginnt; die Eingabetaste generiert</translation>
    </message>
    <message>
        <source>Let A and B go on from the prompt</source>
        <translation>A und B den Prompt fortsetzen lassen</translation>
    </message>
    <message>
        <source>Regener&amp;ate</source>
        <translation>Ne&amp;u generieren</translation>
    </message>
    <message>
        <source>Other texts: generate with a new seed</source>
        <translation>Andere Texte: mit neuem Startwert generieren</translation>
    </message>
    <message>
        <source>End the texts here</source>
        <translation>Die Texte hier beenden</translation>
    </message>
    <message>
        <source>&amp;Copy A</source>
        <translation>A k&amp;opieren</translation>
    </message>
    <message>
        <source>Cop&amp;y B</source>
        <translation>B kopie&amp;ren</translation>
    </message>
    <message>
        <source>Copy the text of A</source>
        <translation>Den Text von A kopieren</translation>
    </message>
    <message>
        <source>Copy the text of B</source>
        <translation>Den Text von B kopieren</translation>
    </message>
    <message>
        <source>Probability of each token: %1 &amp;nbsp; &lt;b&gt;&lt;u&gt;underlined&lt;/u&gt;&lt;/b&gt;: here A and B go apart</source>
        <translation>Wahrscheinlichkeit jedes Tokens: %1 &amp;nbsp; &lt;b&gt;&lt;u&gt;unterstrichen&lt;/u&gt;&lt;/b&gt;: hier trennen sich A und B</translation>
    </message>
    <message>
        <source>%1; ended by itself</source>
        <translation>%1; von selbst zu Ende</translation>
    </message>
    <message>
        <source>%1; ended at the stop text</source>
        <translation>%1; vor dem Stopptext beendet</translation>
    </message>
    <message>
        <source>%1; stopped</source>
        <translation>%1; angehalten</translation>
    </message>
</context>
<context>
    <name>matmamba::HeatLegend</name>
    <message>
        <source>Colours from a difference of 0 to %1</source>
        <translation>Farben von einer Differenz 0 bis %1</translation>
    </message>
</context>
<context>
    <name>matmamba::KeyboardHelp</name>
    <message>
        <source>Keyboard</source>
        <translation>Tastatur</translation>
    </message>
    <message>
        <source>Width sliders</source>
        <translation>Breitenregler</translation>
    </message>
    <message>
        <source>Tab</source>
        <translation>Tab</translation>
    </message>
    <message>
        <source>next slider</source>
        <translation>nächster Regler</translation>
    </message>
    <message>
        <source>Up, Down, wheel</source>
        <translation>Hoch, Runter, Mausrad</translation>
    </message>
    <message>
        <source>one head more or less</source>
        <translation>ein Kopf mehr oder weniger</translation>
    </message>
    <message>
        <source>Page Up, Page Down</source>
        <translation>Bild hoch, Bild runter</translation>
    </message>
    <message>
        <source>next reference width</source>
        <translation>nächste Referenzbreite</translation>
    </message>
    <message>
        <source>Home, End</source>
        <translation>Pos1, Ende</translation>
    </message>
    <message>
        <source>one head, full width</source>
        <translation>ein Kopf, volle Breite</translation>
    </message>
    <message>
        <source>Double click</source>
        <translation>Doppelklick</translation>
    </message>
    <message>
        <source>full width</source>
        <translation>volle Breite</translation>
    </message>
    <message>
        <source>Drag across sliders</source>
        <translation>Über Regler ziehen</translation>
    </message>
    <message>
        <source>paint a curve, undone in one step</source>
        <translation>eine Kurve malen, rückgängig in einem Schritt</translation>
    </message>
    <message>
        <source>Classify and Generate</source>
        <translation>Klassifizieren und Generieren</translation>
    </message>
    <message>
        <source>Alt+Left, Alt+Right</source>
        <translation>Alt+Links, Alt+Rechts</translation>
    </message>
    <message>
        <source>previous, next picture</source>
        <translation>voriges, nächstes Bild</translation>
    </message>
    <message>
        <source>Alt and the underlined letter</source>
        <translation>Alt und der unterstrichene Buchstabe</translation>
    </message>
    <message>
        <source>that field or button</source>
        <translation>dieses Feld oder dieser Knopf</translation>
    </message>
    <message>
        <source>Arrows in a generated text</source>
        <translation>Pfeile in einem generierten Text</translation>
    </message>
    <message>
        <source>each token&apos;s probability</source>
        <translation>Wahrscheinlichkeit jedes Tokens</translation>
    </message>
    <message>
        <source>Trade-off plot</source>
        <translation>Diagramm: Abwägung von Qualität und Kosten</translation>
    </message>
    <message>
        <source>Arrows, drag</source>
        <translation>Pfeiltasten, Ziehen</translation>
    </message>
    <message>
        <source>move the view</source>
        <translation>den Ausschnitt verschieben</translation>
    </message>
    <message>
        <source>+, −, wheel</source>
        <translation>+, −, Mausrad</translation>
    </message>
    <message>
        <source>zoom</source>
        <translation>vergrößern, verkleinern</translation>
    </message>
    <message>
        <source>Home, double click</source>
        <translation>Pos1, Doppelklick</translation>
    </message>
    <message>
        <source>show everything</source>
        <translation>alles zeigen</translation>
    </message>
    <message>
        <source>Click</source>
        <translation>Klick</translation>
    </message>
    <message>
        <source>use the plan of a point</source>
        <translation>den Plan eines Punkts übernehmen</translation>
    </message>
    <message>
        <source>Shift and drag</source>
        <translation>Umschalt und Ziehen</translation>
    </message>
    <message>
        <source>pin and compare the points in a rectangle</source>
        <translation>die Punkte in einem Rechteck anheften und vergleichen</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
</context>
<context>
    <name>matmamba::LayerGrid</name>
    <message>
        <source>Difference</source>
        <translation>Differenz</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>&lt;p&gt;Both losses are over the same %1. The ± of the difference is that of both in quadrature,&lt;br&gt;which is too large wherever the losses rise and fall together.&lt;/p&gt;</source>
        <translation>&lt;p&gt;Beide Verluste gelten für dieselben %1. Das ± der Differenz ist das beider, quadratisch addiert,&lt;br&gt;und damit zu groß, wo beide Verluste gemeinsam steigen und fallen.&lt;/p&gt;</translation>
    </message>
    <message>
        <source>All layers at %1</source>
        <translation>Alle Schichten auf %1</translation>
    </message>
    <message>
        <source>Measured on</source>
        <translation>Gemessen an</translation>
    </message>
    <message>
        <source>&lt;p&gt;Not measured yet&lt;/p&gt;</source>
        <translation>&lt;p&gt;Noch nicht gemessen&lt;/p&gt;</translation>
    </message>
    <message>
        <source>%1 (%2 of full)</source>
        <translation>%1 (%2 vom Ganzen)</translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 at %n heads, all others at %2</source>
        <translation>
            <numerusform>Schicht %1 auf %n Kopf, alle anderen auf %2</numerusform>
            <numerusform>Schicht %1 auf %n Köpfe, alle anderen auf %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 at %n heads: not measured</source>
        <translation>
            <numerusform>Schicht %1 auf %n Kopf: nicht gemessen</numerusform>
            <numerusform>Schicht %1 auf %n Köpfe: nicht gemessen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 at %n heads: full width, loss %2 %3, %4</source>
        <translation>
            <numerusform>Schicht %1 auf %n Kopf: volle Breite, Verlust %2 %3, %4</numerusform>
            <numerusform>Schicht %1 auf %n Köpfe: volle Breite, Verlust %2 %3, %4</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 at %n heads: loss %2 %3 lower, plus or minus %4, %5</source>
        <translation>
            <numerusform>Schicht %1 auf %n Kopf: Verlust %2 %3 niedriger, plus oder minus %4, %5</numerusform>
            <numerusform>Schicht %1 auf %n Köpfe: Verlust %2 %3 niedriger, plus oder minus %4, %5</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 at %n heads: loss %2 %3 higher, plus or minus %4, %5</source>
        <translation>
            <numerusform>Schicht %1 auf %n Kopf: Verlust %2 %3 höher, plus oder minus %4, %5</numerusform>
            <numerusform>Schicht %1 auf %n Köpfe: Verlust %2 %3 höher, plus oder minus %4, %5</numerusform>
        </translation>
    </message>
    <message>
        <source>%1, in the current plan</source>
        <translation>%1, im aktuellen Plan</translation>
    </message>
    <message>
        <source>Layer %1 at full width: %2 %3, %4 of the whole model&apos;s %5</source>
        <translation>Schicht %1 bei voller Breite: %2 %3, %4 der %5 des ganzen Modells</translation>
    </message>
    <message>
        <source>Layer %1</source>
        <translation>Schicht %1</translation>
    </message>
    <message>
        <source>FLOPs of the layer at full width, and its share of the whole model&apos;s</source>
        <translation>FLOPs der Schicht bei voller Breite und ihr Anteil am ganzen Modell</translation>
    </message>
    <message>
        <source>Parameters of the layer at full width, and their share of all</source>
        <translation>Parameter der Schicht bei voller Breite und ihr Anteil an allen</translation>
    </message>
    <message numerus="yes">
        <source>%n heads</source>
        <translation>
            <numerusform>%n Kopf</numerusform>
            <numerusform>%n Köpfe</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>matmamba::LayersPage</name>
    <message>
        <source>&amp;Measure</source>
        <translation>&amp;Messen</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>Abbr&amp;echen</translation>
    </message>
    <message>
        <source>Open a model to see its layers (File → Open model folder…)</source>
        <translation>Ein Modell öffnen, um seine Schichten zu sehen (Datei → Modellordner öffnen …)</translation>
    </message>
    <message>
        <source>How many samples each plan is measured on: more take longer and tell smaller differences</source>
        <translation>An wie vielen Beispielen jeder Plan gemessen wird: mehr dauern länger und zeigen kleinere Differenzen</translation>
    </message>
    <message>
        <source>&amp;Samples each</source>
        <translation>Bei&amp;spiele je Plan</translation>
    </message>
    <message>
        <source>Stop measuring; what is measured stays</source>
        <translation>Die Messung beenden; Gemessenes bleibt</translation>
    </message>
    <message>
        <source>Cells measured</source>
        <translation>Gemessene Zellen</translation>
    </message>
    <message>
        <source>Rise of the loss by layer and width</source>
        <translation>Anstieg des Verlusts nach Schicht und Breite</translation>
    </message>
    <message>
        <source>All %1</source>
        <translation>Alle %1</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Measure every layer at every width</source>
        <translation>Jede Schicht bei jeder Breite messen</translation>
    </message>
    <message>
        <source>Measure the cells that are still missing</source>
        <translation>Die noch fehlenden Zellen messen</translation>
    </message>
    <message>
        <source>How much the loss rises, in %1, with one layer at the heads above a column and all others at %2. A click sets the layer.</source>
        <translation>Wie stark der Verlust steigt, in %1, wenn eine Schicht so viele Köpfe hat, wie über der Spalte stehen, und alle anderen %2. Ein Klick stellt die Schicht ein.</translation>
    </message>
    <message>
        <source>Open data to see what each layer&apos;s width costs</source>
        <translation>Daten öffnen, um zu sehen, was die Breite jeder Schicht kostet</translation>
    </message>
    <message numerus="yes">
        <source>%1 of %2 cells, %3 samples each</source>
        <translation>
            <numerusform>%1 von %2 Zellen, je %3 Beispiel</numerusform>
            <numerusform>%1 von %2 Zellen, je %3 Beispiele</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %2 cells, %3 samples each; %4 left</source>
        <translation>
            <numerusform>%1 von %2 Zellen, je %3 Beispiel; noch %4</numerusform>
            <numerusform>%1 von %2 Zellen, je %3 Beispiele; noch %4</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %2 cells, %3 samples each; the others take %4</source>
        <translation>
            <numerusform>%1 von %2 Zellen, je %3 Beispiel; die übrigen brauchen %4</numerusform>
            <numerusform>%1 von %2 Zellen, je %3 Beispiele; die übrigen brauchen %4</numerusform>
        </translation>
    </message>
    <message>
        <source>&lt;i&gt;Italics&lt;/i&gt;: on fewer samples than chosen.</source>
        <translation>&lt;i&gt;Kursiv&lt;/i&gt;: auf weniger Beispielen als gewählt.</translation>
    </message>
    <message>
        <source>How much the loss rises, in %1, with one layer at the heads above a column and all others at %2 (± %3 or less, much less where plans err on the same samples). A click sets the layer.</source>
        <translation>Wie stark der Verlust steigt, in %1, wenn eine Schicht so viele Köpfe hat, wie über der Spalte stehen, und alle anderen %2 (± %3 oder weniger, viel weniger, wo Pläne bei denselben Beispielen irren). Ein Klick stellt die Schicht ein.</translation>
    </message>
</context>
<context>
    <name>matmamba::PinStore</name>
    <message>
        <source>pin</source>
        <translation>Anheften</translation>
    </message>
    <message>
        <source>remove pin</source>
        <translation>Plan lösen</translation>
    </message>
    <message>
        <source>note</source>
        <translation>Notiz</translation>
    </message>
    <message>
        <source>baseline</source>
        <translation>Bezugsplan</translation>
    </message>
    <message>
        <source>move pin</source>
        <translation>Zeile verschieben</translation>
    </message>
    <message>
        <source>plan B</source>
        <translation>Plan B</translation>
    </message>
    <message>
        <source>pin several plans</source>
        <translation>mehrere Pläne anheften</translation>
    </message>
</context>
<context>
    <name>matmamba::PlanModel</name>
    <message numerus="yes">
        <source>layer %1 to %n heads</source>
        <translation>
            <numerusform>Schicht %1 auf %n Kopf</numerusform>
            <numerusform>Schicht %1 auf %n Köpfe</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>all layers to %n heads</source>
        <translation>
            <numerusform>alle Schichten auf %n Kopf</numerusform>
            <numerusform>alle Schichten auf %n Köpfe</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>matmamba::SamplingFields</name>
    <message>
        <source>How many tokens at most</source>
        <translation>Wie viele Token höchstens</translation>
    </message>
    <message>
        <source>0 takes the likeliest token each time; higher is more adventurous</source>
        <translation>0 nimmt jedes Mal das wahrscheinlichste Token; höher ist wagemutiger</translation>
    </message>
    <message>
        <source>Only so many of the likeliest tokens</source>
        <translation>Nur so viele der wahrscheinlichsten Token</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>Only the likeliest tokens that together have this probability</source>
        <translation>Nur die wahrscheinlichsten Token, die zusammen diese Wahrscheinlichkeit haben</translation>
    </message>
    <message>
        <source>Only tokens at least this many times as likely as the likeliest one; 0 is all</source>
        <translation>Nur Token, die mindestens um diesen Faktor so wahrscheinlich sind wie das wahrscheinlichste; 0 heißt alle</translation>
    </message>
    <message>
        <source>Above 1, tokens that are in the prompt or the text come more rarely; 1 is none</source>
        <translation>Über 1 kommen Token seltener, die schon im Prompt oder im Text stehen; 1 heißt keine Strafe</translation>
    </message>
    <message>
        <source>The same seed gives the same text again</source>
        <translation>Derselbe Startwert ergibt wieder denselben Text</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keiner</translation>
    </message>
    <message>
        <source>The text ends before these words; \n stands for a new line</source>
        <translation>Der Text endet vor diesen Worten; \n steht für eine neue Zeile</translation>
    </message>
    <message>
        <source>Le&amp;ngth</source>
        <translation>Läng&amp;e</translation>
    </message>
    <message>
        <source>&amp;Temperature</source>
        <translation>Te&amp;mperatur</translation>
    </message>
    <message>
        <source>Top-&amp;k</source>
        <translation>Top-&amp;k</translation>
    </message>
    <message>
        <source>To&amp;p-p</source>
        <translation>To&amp;p-p</translation>
    </message>
    <message>
        <source>&amp;Min-p</source>
        <translation>M&amp;in-p</translation>
    </message>
    <message>
        <source>Repet&amp;ition penalty</source>
        <translation>&amp;Wiederholungsstrafe</translation>
    </message>
    <message>
        <source>&amp;Seed</source>
        <translation>&amp;Startwert</translation>
    </message>
    <message>
        <source>Stop te&amp;xt</source>
        <translation>Stoppte&amp;xt</translation>
    </message>
</context>
<context>
    <name>matmamba::ScoresColumn</name>
    <message>
        <source>%1, probability of %2: %3</source>
        <translation>%1, Wahrscheinlichkeit von %2: %3</translation>
    </message>
    <message>
        <source>in %1</source>
        <translation>in %1</translation>
    </message>
</context>
<context>
    <name>matmamba::Screenshot</name>
    <message>
        <source>The screenshot could not be written to %1: %2.</source>
        <translation>Das Bildschirmfoto konnte nicht nach %1 geschrieben werden: %2.</translation>
    </message>
</context>
<context>
    <name>matmamba::StatusPanel</name>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
</context>
<context>
    <name>matmamba::TokenText</name>
    <message>
        <source>Text of %1</source>
        <translation>Text von %1</translation>
    </message>
    <message>
        <source>The darker the shade, the less likely the token was to the model; rest the pointer on a token, or move the caret to it, for its probability</source>
        <translation>Je dunkler hinterlegt, desto unwahrscheinlicher war das Token für das Modell; der Mauszeiger oder die Schreibmarke auf einem Token nennt seine Wahrscheinlichkeit</translation>
    </message>
    <message>
        <source>%1, token %2, “%3”: probability %4</source>
        <translation>%1, Token %2, „%3“: Wahrscheinlichkeit %4</translation>
    </message>
    <message>
        <source>%1; here A and B go apart</source>
        <translation>%1; hier trennen sich A und B</translation>
    </message>
</context>
<context>
    <name>matmamba::TradeoffPage</name>
    <message>
        <source>&amp;Logarithmic</source>
        <translation>&amp;Logarithmisch</translation>
    </message>
    <message>
        <source>Quality shown on the vertical axis</source>
        <translation>Qualität auf der senkrechten Achse</translation>
    </message>
    <message>
        <source>Cost shown on the horizontal axis</source>
        <translation>Kosten auf der waagerechten Achse</translation>
    </message>
    <message>
        <source>against</source>
        <translation>gegen</translation>
    </message>
    <message>
        <source>plan of a point</source>
        <translation>Plan eines Punkts</translation>
    </message>
    <message>
        <source>Open a model to begin (File → Open model folder…)</source>
        <translation>Zu Beginn ein Modell öffnen (Datei → Modellordner öffnen …)</translation>
    </message>
    <message>
        <source>Open a picture folder to see accuracy (Data → Open folder…)</source>
        <translation>Einen Bilderordner öffnen, um die Genauigkeit zu sehen (Daten → Ordner öffnen …)</translation>
    </message>
    <message>
        <source>Open a text or a token file to see perplexity (Data → Open file…)</source>
        <translation>Einen Text oder eine Token-Datei öffnen, um die Perplexität zu sehen (Daten → Datei öffnen …)</translation>
    </message>
    <message>
        <source>Measuring the first pictures…</source>
        <translation>Die ersten Bilder werden gemessen …</translation>
    </message>
    <message>
        <source>Measuring the first tokens…</source>
        <translation>Die ersten Token werden gemessen …</translation>
    </message>
    <message>
        <source>The plot could not be written to %1: %2.</source>
        <translation>Das Diagramm konnte nicht nach %1 geschrieben werden: %2.</translation>
    </message>
    <message>
        <source>Current plan: %1, %2, not measured yet</source>
        <translation>Aktueller Plan: %1, %2, noch nicht gemessen</translation>
    </message>
    <message>
        <source>Current plan: %1, %2, %3</source>
        <translation>Aktueller Plan: %1, %2, %3</translation>
    </message>
    <message>
        <source>Pareto f&amp;ront</source>
        <translation>Pareto-&amp;Front</translation>
    </message>
    <message>
        <source>La&amp;bels</source>
        <translation>Bes&amp;chriftung</translation>
    </message>
    <message>
        <source>A line along the plans that no other one beats in both axes</source>
        <translation>Eine Linie entlang der Pläne, die kein anderer auf beiden Achsen schlägt</translation>
    </message>
    <message>
        <source>The widths of the reference plans</source>
        <translation>Die Breiten der Referenzpläne</translation>
    </message>
    <message>
        <source>Waiting for the first measured speed…</source>
        <translation>Die erste gemessene Geschwindigkeit wird erwartet …</translation>
    </message>
    <message>
        <source>The plot is written as .png, .svg or .pdf, its runs as .csv: choose a name that ends so instead of %1.</source>
        <translation>Das Diagramm wird als .png, .svg oder .pdf geschrieben, seine Messungen als .csv: Bitte statt %1 einen Namen mit dieser Endung wählen.</translation>
    </message>
    <message>
        <source>%1 against %2</source>
        <translation>%1 gegen %2</translation>
    </message>
    <message>
        <source>Entropy of the grammar</source>
        <translation>Entropie der Grammatik</translation>
    </message>
    <message>
        <source>Perplexity of the grammar itself</source>
        <translation>Perplexität der Grammatik selbst</translation>
    </message>
    <message>
        <source>Select and pin</source>
        <translation>Auswählen und anheften</translation>
    </message>
    <message>
        <source>Draw a rectangle around points: their plans are pinned and compared (without this button: drag with Shift)</source>
        <translation>Ein Rechteck um Punkte ziehen: Ihre Pläne werden angeheftet und verglichen (ohne diesen Knopf: mit Umschalt ziehen)</translation>
    </message>
    <message>
        <source>Select points with a rectangle and pin their plans</source>
        <translation>Punkte mit einem Rechteck auswählen und ihre Pläne anheften</translation>
    </message>
</context>
<context>
    <name>matmamba::TradeoffPlot</name>
    <message>
        <source>Trade-off plot</source>
        <translation>Diagramm: Abwägung von Qualität und Kosten</translation>
    </message>
    <message>
        <source>Other plan</source>
        <translation>Anderer Plan</translation>
    </message>
    <message>
        <source>Reference width</source>
        <translation>Referenzbreite</translation>
    </message>
    <message>
        <source>Current plan</source>
        <translation>Aktueller Plan</translation>
    </message>
    <message>
        <source>Pareto front</source>
        <translation>Pareto-Front</translation>
    </message>
</context>
<context>
    <name>matmamba::WidthsPanel</name>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>mix</source>
        <translation>mix</translation>
    </message>
    <message numerus="yes">
        <source>All layers to %n heads</source>
        <translation>
            <numerusform>Alle Schichten auf %n Kopf</numerusform>
            <numerusform>Alle Schichten auf %n Köpfe</numerusform>
        </translation>
    </message>
    <message>
        <source>Random</source>
        <translation>Zufall</translation>
    </message>
    <message>
        <source>A random width for every layer</source>
        <translation>Eine zufällige Breite für jede Schicht</translation>
    </message>
    <message>
        <source>Ramp up</source>
        <translation>Ansteigend</translation>
    </message>
    <message>
        <source>From 8 heads in the first layer evenly to 64 in the last</source>
        <translation>Von 8 Köpfen in der ersten Schicht gleichmäßig bis 64 in der letzten</translation>
    </message>
    <message>
        <source>ramp up</source>
        <translation>ansteigend</translation>
    </message>
    <message>
        <source>Ramp down</source>
        <translation>Abfallend</translation>
    </message>
    <message>
        <source>From 64 heads in the first layer evenly to 8 in the last</source>
        <translation>Von 64 Köpfen in der ersten Schicht gleichmäßig bis 8 in der letzten</translation>
    </message>
    <message>
        <source>ramp down</source>
        <translation>abfallend</translation>
    </message>
    <message>
        <source>Last half small</source>
        <translation>Hintere Hälfte schmal</translation>
    </message>
    <message>
        <source>The first half of the layers to 64 heads, the last to 16</source>
        <translation>Die vordere Hälfte der Schichten auf 64 Köpfe, die hintere auf 16</translation>
    </message>
    <message>
        <source>last half small</source>
        <translation>hintere Hälfte schmal</translation>
    </message>
    <message>
        <source>Open a model to see its layers:
File → Open model folder…</source>
        <translation>Ein Modell öffnen, um seine Schichten
zu sehen: Datei → Modellordner öffnen …</translation>
    </message>
    <message>
        <source>Width of all layers, no model is open</source>
        <translation>Breite aller Schichten, kein Modell ist geöffnet</translation>
    </message>
    <message numerus="yes">
        <source>Layer %1 width, %2 of %n heads</source>
        <translation>
            <numerusform>Breite von Schicht %1, %2 von %n Kopf</numerusform>
            <numerusform>Breite von Schicht %1, %2 von %n Köpfen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Width of all layers, %1 of %n heads</source>
        <translation>
            <numerusform>Breite aller Schichten, %1 von %n Kopf</numerusform>
            <numerusform>Breite aller Schichten, %1 von %n Köpfen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Width of all layers, unequal, %1 of %n heads on average</source>
        <translation>
            <numerusform>Breite aller Schichten, ungleich, im Mittel %1 von %n Kopf</numerusform>
            <numerusform>Breite aller Schichten, ungleich, im Mittel %1 von %n Köpfen</numerusform>
        </translation>
    </message>
    <message>
        <source>random plan</source>
        <translation>zufälliger Plan</translation>
    </message>
    <message>
        <source>painted widths</source>
        <translation>gemalte Breiten</translation>
    </message>
    <message numerus="yes">
        <source>The layers of this model have %n heads at most</source>
        <translation>
            <numerusform>Die Schichten dieses Modells haben höchstens %n Kopf</numerusform>
            <numerusform>Die Schichten dieses Modells haben höchstens %n Köpfe</numerusform>
        </translation>
    </message>
</context>
</TS>
