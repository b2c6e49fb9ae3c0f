// What the command line tool computes, from outside: its JSON is parsed and compared with the
// fixtures' cases.json, and with itself where two ways must meet.
#include <cmath>

#include "command_line_process.h"

class TestCommandResults : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void evalComputesTheExpectedLoss_data();
    void evalComputesTheExpectedLoss();
    void picturesOfADataSetAreClassifiedByNumber();
    void everySpellingIsTheSamePlan();
    void planFilesAreRead();
    void evalAgreesWithClassify();
    void agreementIsOfTheSharedPredictions();
    void textIsMeasuredByTheByte();
    void samplesAreChosenBySeed();
    void evalSpeaksToPeople();
    void badPictureDoesNotStopTheOthers();
    void generateIsRepeatable();
    void aTextEndsBeforeItsStopTexts();
    void aPromptBeginsAsTheTokenizerSays();
    void trainedModelOpensAndMeasuresTheSame();
    void stoppedTrainingGoesOn();

private:
    void writeTrainConfig();
    QStringList trainCommand(const QString& out) const; ///< on the CPU, with --json

    QTemporaryDir m_folder;
    Ids m_ids; ///< of lm-tiny's cases
    QString m_shard; ///< the same as a token shard; one row is one window
};

void TestCommandResults::initTestCase()
{
    QVERIFY(m_folder.isValid());
    m_ids = readIds(fixture("lm-tiny/expected.safetensors"));
    QVERIFY(m_ids.rows > 0 && m_ids.tokens > 1);
    m_shard = m_folder.filePath("ids.bin");
    writeFile(m_shard, tokenShard(m_ids.values));
}

void TestCommandResults::evalComputesTheExpectedLoss_data()
{
    QTest::addColumn<QString>("plan");
    QTest::addColumn<double>("loss");
    const QJsonArray cases = readJson(fixture("lm-tiny/cases.json"))["cases"].toArray();
    QVERIFY(!cases.isEmpty());
    for (const QJsonValue& value : cases) {
        const QString plan = joined(value.toObject()["heads_per_layer"].toArray());
        QTest::newRow(qPrintable(plan)) << plan << value.toObject()["mean_nll"].toDouble();
    }
}

void TestCommandResults::evalComputesTheExpectedLoss()
{
    QFETCH(QString, plan);
    QFETCH(double, loss);
    const Run run
        = matmamba({"eval", fixture("lm-tiny"), "--data", m_shard, "--context",
                    QString::number(m_ids.tokens), "--plan", plan, "--device", "cpu", "--json"});
    QVERIFY2(run.code == 0, run.out + run.err);
    const QJsonObject result = run.json();
    QCOMPARE(joined(result["plan"].toArray()), plan);
    QCOMPARE(result["device"].toString(), QString("cpu"));
    QCOMPARE(result["dtype"].toString(), QString("float32"));
    const QJsonObject metrics = result["metrics"].toObject();
    const double measured = metrics["loss"].toObject()["value"].toDouble();
    QVERIFY2(std::abs(measured - loss) <= 2e-5 * loss,
             qPrintable(QString::number(measured, 'g', 9)));
    QCOMPARE(metrics["loss"].toObject()["n"].toInt(), m_ids.rows * (m_ids.tokens - 1));
    const double perplexity = metrics["perplexity"].toObject()["value"].toDouble();
    QVERIFY(std::abs(perplexity / std::exp(measured) - 1) < 1e-9);
}

void TestCommandResults::picturesOfADataSetAreClassifiedByNumber()
{
    const QStringList tiny
        = {"classify", fixture("vision-tiny"), "--top", "3", "--device", "cpu", "--json"};
    const QJsonObject ofFile
        = matmamba(tiny + QStringList{fixture("pictures/disc/disc0.png")}).json();
    const QJsonObject ofSet
        = matmamba(tiny + QStringList{"--data", fixture("pictures"), "--index", "0"}).json();
    QCOMPARE(ofSet["label"].toString(), QString("disc"));
    QVERIFY(ofSet["picture"].toString().endsWith("disc/disc0.png"));
    QVERIFY(!ofFile["top"].toArray().isEmpty());
    QCOMPARE(ofSet["top"], ofFile["top"]);

    const QString shapes = QString(MATMAMBA_RESOURCES) + "/models/shapes-vision";
    const QStringList command
        = {"classify", shapes, "--data", "shapes", "--device", "cpu", "--width", "8", "--json"};
    const Run run = matmamba(command + QStringList{"--index", "3,0"});
    QCOMPARE(run.code, 0);
    const QList<QByteArray> lines = run.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 2);
    const QJsonObject names = readJson(shapes + "/config.json")["id2label"].toObject();
    for (int i = 0; i < 2; ++i) {
        const QJsonObject result = QJsonDocument::fromJson(lines[i]).object();
        QCOMPARE(result["picture"].toString(), QString("shapes, test #%1").arg(i == 0 ? 3 : 0));
        bool known = false;
        for (const QJsonValue& name : names)
            known = known || name == result["label"];
        QVERIFY(known);
    }
    const Run beyond = matmamba(command + QStringList{"--index", "10000"});
    QCOMPARE(beyond.code, 1);
    QVERIFY(beyond.out.contains("0 to 9999"));
}

void TestCommandResults::everySpellingIsTheSamePlan()
{
    const int width = readJson(fixture("vision-tiny/config.json"))["d_model"].toInt();
    const int layers = readJson(fixture("vision-tiny/config.json"))["n_layer"].toInt();
    const QString half = QString::number(width / 2);
    const QStringList command = {
        "eval", fixture("vision-tiny"), "--data", fixture("pictures"), "--device", "cpu", "--json"};
    const QList<QStringList> spellings = {{"--width", "32"},
                                          {"--mrl-level", "2"},
                                          {"--mixnmatch-dims", half},
                                          {"--mixnmatch-dims", QStringList(layers, half).join(',')},
                                          {"--plan", QStringList(layers, "32").join(',')},
                                          {"--plan", "32"}};
    QJsonObject first;
    for (const QStringList& spelling : spellings) {
        const Run run = matmamba(command + spelling);
        QVERIFY2(run.code == 0, run.out + run.err);
        QJsonObject result = run.json();
        result.remove("seconds");
        if (first.isEmpty())
            first = result;
        QCOMPARE(joined(result["plan"].toArray()), QStringList(layers, "32").join(','));
        QCOMPARE(result, first);
    }
    const QJsonObject full = matmamba(command).json();
    QCOMPARE(joined(full["plan"].toArray()), QStringList(layers, "64").join(','));
    QVERIFY(full["metrics"] != first["metrics"]);
    QVERIFY(full["flops"].toDouble() > first["flops"].toDouble());
}

void TestCommandResults::planFilesAreRead()
{
    const int layers = readJson(fixture("vision-tiny/config.json"))["n_layer"].toInt();
    QJsonArray heads;
    for (int layer = 0; layer < layers; ++layer)
        heads.append(3 + 5 * layer);
    const QString file = m_folder.filePath("plan.json");
    writeFile(file, QJsonDocument(QJsonObject{{"heads", heads}}).toJson());
    const Run run = matmamba({"info", fixture("vision-tiny"), "--plan", file, "--json"});
    QVERIFY2(run.code == 0, run.out);
    QCOMPARE(run.json()["plan"].toArray(), heads);
}

void TestCommandResults::evalAgreesWithClassify()
{
    const QDir root(fixture("pictures"));
    const QStringList classes = root.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    QVERIFY(classes.size() > 1);
    double loss = 0;
    int right = 0, count = 0;
    for (int label = 0; label < classes.size(); ++label) {
        const QDir folder(root.filePath(classes[label]));
        QStringList command = {"classify", fixture("vision-tiny"),
                               "--device", "cpu",
                               "--json",   "--top",
                               "1000",     "--plan",
                               "40"};
        for (const QString& name : folder.entryList(QDir::Files))
            command << folder.filePath(name);
        const Run run = matmamba(command);
        QVERIFY2(run.code == 0, run.out + run.err);
        for (const QByteArray& line : run.outputLines()) {
            const QJsonArray top = QJsonDocument::fromJson(line)["top"].toArray();
            double sum = 0;
            for (int place = 0; place < top.size(); ++place) {
                const double probability = top[place]["probability"].toDouble();
                QVERIFY(place == 0 || probability <= top[place - 1]["probability"].toDouble());
                sum += probability;
                if (top[place]["index"].toInt() == label)
                    loss -= std::log(probability);
            }
            QVERIFY(std::abs(sum - 1) < 1e-5);
            right += top[0]["index"].toInt() == label;
            ++count;
        }
    }
    const QJsonObject metrics
        = matmamba({"eval", fixture("vision-tiny"), "--data", fixture("pictures"), "--device",
                    "cpu", "--json", "--plan", "40"})
              .json()["metrics"]
              .toObject();
    QCOMPARE(metrics["loss"]["n"].toInt(), count);
    QVERIFY(std::abs(metrics["loss"]["value"].toDouble() - loss / count) < 1e-4 * loss / count);
    QCOMPARE(metrics["top1"]["value"].toDouble(), double(right) / count);
    QVERIFY(metrics["top5"]["value"].toDouble() >= metrics["top1"]["value"].toDouble());
}

void TestCommandResults::agreementIsOfTheSharedPredictions()
{
    const QStringList command = {
        "eval", fixture("vision-tiny"), "--data", fixture("pictures"), "--device", "cpu", "--plan",
        "40"};
    const Run own = matmamba(command + QStringList{"--json", "--against", "40"});
    QVERIFY2(own.code == 0, own.out + own.err);
    const QJsonObject same = own.json()["agreement"].toObject();
    QCOMPARE(same["value"].toDouble(), 1.0);
    QVERIFY(same["stderr"].toDouble() > 0); // all that were seen are not all there are
    QCOMPARE(same["n"].toInt(), own.metric("loss")["n"].toInt());

    const Run other = matmamba(command + QStringList{"--json", "--against", "1"});
    const double share = other.json()["agreement"].toObject()["value"].toDouble(-1);
    QVERIFY(share >= 0 && share <= 1);
    QCOMPARE(other.json()["against"].toArray()[0].toInt(), 1);
    QVERIFY(matmamba(command + QStringList{"--against", "1"}).out.contains("agreement "));
    QCOMPARE(matmamba(command + QStringList{"--against", "nine"}).code, 1);
}

void TestCommandResults::textIsMeasuredByTheByte()
{
    const QByteArray text = QByteArray("A ring, a disc, and stripes: 37 of them.\n").repeated(5);
    const QString file = m_folder.filePath("words.txt");
    writeFile(file, text);
    const Run run
        = matmamba({"eval", fixture("lm-tiny"), "--data", file, "--device", "cpu", "--json"});
    QVERIFY2(run.code == 0, run.out + run.err);
    const QJsonObject loss = run.metric("loss");
    QVERIFY(loss["n"].toInt() > 10 && loss["n"].toInt() < text.size());
    // All bytes are counted but those of the first token, which is not scored.
    const double bits = loss["value"].toDouble() * loss["n"].toInt() / std::log(2.0);
    const double perByte = run.metric("bits_per_byte")["value"].toDouble();
    const double bytes = bits / perByte;
    QVERIFY2(std::abs(bytes - std::round(bytes)) < 1e-6, qPrintable(QString::number(bytes)));
    QVERIFY(bytes < text.size() && bytes > text.size() - 10);
}

void TestCommandResults::samplesAreChosenBySeed()
{
    const auto loss = [](const QString& seed) {
        const Run run = matmamba({"eval", fixture("vision-tiny"), "--data", fixture("pictures"),
                                  "--device", "cpu", "--json", "--samples", "3", "--seed", seed});
        const QJsonObject metric = run.metric("loss");
        return metric["n"].toInt() == 3 ? metric["value"].toDouble() : -1;
    };
    const double first = loss("5");
    QVERIFY(first > 0);
    QCOMPARE(loss("5"), first);
    QVERIFY(loss("6") != first || loss("7") != first);
}

void TestCommandResults::evalSpeaksToPeople()
{
    const Run run = matmamba({"eval", fixture("vision-tiny"), "--data", fixture("pictures"),
                              "--device", "cpu", "--width", "8"});
    QCOMPARE(run.code, 0);
    QVERIFY2(run.err.isEmpty(), run.err);
    const QString preprocessing
        = matmamba({"info", fixture("vision-tiny"), "--json"}).json()["preprocessing"].toString();
    QVERIFY(!preprocessing.isEmpty());
    for (const QString& word :
         {QString("top-1 "), QString("% ±"), QString("(n = "), QString("8 heads in each of"),
          QString("float32 on cpu"), preprocessing})
        QVERIFY2(run.out.contains(word.toUtf8()), qPrintable(word + " in:\n" + run.out));
}

void TestCommandResults::badPictureDoesNotStopTheOthers()
{
    const QDir root(fixture("pictures"));
    const QDir folder(
        root.filePath(root.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name).first()));
    const QString good = folder.filePath(folder.entryList(QDir::Files).first());
    const QString bad = fixture("vision-tiny/config.json");
    const QStringList command
        = {"classify", fixture("vision-tiny"), good, bad, good, "--top", "2", "--device", "cpu"};

    const Run machine = matmamba(command + QStringList{"--json"});
    QCOMPARE(machine.code, 1);
    const QList<QByteArray> lines = machine.outputLines();
    QCOMPARE(lines.size(), 3);
    QCOMPARE(lines[0], lines[2]);
    QCOMPARE(QJsonDocument::fromJson(lines[0])["top"].toArray().size(), 2);
    QCOMPARE(QJsonDocument::fromJson(lines[0])["picture"].toString(), good);
    QVERIFY(QJsonDocument::fromJson(lines[1])["error"].toString().contains(bad));

    const Run people = matmamba(command);
    QCOMPARE(people.code, 1);
    QCOMPARE(people.outputLines().size(), 2 * (1 + 2));
    QVERIFY(people.err.contains(bad.toUtf8()));
}

void TestCommandResults::aPromptBeginsAsTheTokenizerSays()
{
    // The built-in model of stories has seen every story begin with this token.
    const QDir model(MATMAMBA_RESOURCES "/models/tales-lm");
    const QDir plain(m_folder.filePath("plain-tales"));
    QVERIFY(plain.mkpath("."));
    for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"})
        QVERIFY(QFile::copy(model.filePath(name), plain.filePath(name)));
    const auto story = [](const QDir& folder, const QString& prompt) {
        const Run run = matmamba({"generate", folder.path(), "--prompt", prompt, "--max-tokens",
                                  "20", "--width", "4", "--json"});
        return run.json()["text"].toString();
    };
    const QString text = story(model, "It was");
    QVERIFY(!text.isEmpty());
    QCOMPARE(story(model, "<|endoftext|>It was"), text);
    QCOMPARE(story(plain, "<|endoftext|>It was"), text);
    QVERIFY(story(plain, "It was") != text);
}

void TestCommandResults::generateIsRepeatable()
{
    const QString model = modelWithTokenizer("lm-tiny-sharded", m_folder.filePath("talker"));
    const QStringList command = {"generate", model,      "--prompt", "abc",    "--max-tokens",
                                 "12",       "--device", "cpu",      "--plan", "24"};
    const QStringList hot = {"--temperature", "20"}; // the fixture's weights are sure of themselves
    const auto textOf = [&](const QStringList& more) {
        return matmamba(command + QStringList{"--json"} + more).json()["text"].toString();
    };
    const Run run = matmamba(command + hot + QStringList{"--json", "--seed", "3"});
    QVERIFY2(run.code == 0, run.out + run.err);
    const QJsonObject result = run.json();
    QCOMPARE(result["prompt"].toString(), QString("abc"));
    QCOMPARE(result["tokens"].toArray().size(), 12);
    QVERIFY(result["tokens_per_second"].toDouble() > 0);
    QString text;
    for (const QJsonValue& token : result["tokens"].toArray()) {
        text += token["text"].toString();
        QCOMPARE(token["text"].toString(), QString(QChar(' ' + token["id"].toInt())));
        QVERIFY(token["probability"].toDouble() > 0 && token["probability"].toDouble() <= 1);
    }
    QCOMPARE(result["text"].toString(), text);
    QCOMPARE(matmamba(command + hot + QStringList{"--seed", "3"}).out, text.toUtf8() + "\n");
    QVERIFY(textOf(hot + QStringList{"--seed", "4"}) != text);

    // The likeliest token always: by temperature or by leaving no other.
    const QString likeliest = textOf({"--temperature", "0"});
    QCOMPARE(textOf({"--top-k", "1", "--seed", "9"}), likeliest);
    QCOMPARE(textOf({"--top-p", "0", "--seed", "9"}), likeliest);
    QCOMPARE(textOf({"--min-p", "1", "--seed", "9"}), likeliest);
}

void TestCommandResults::aTextEndsBeforeItsStopTexts()
{
    const QStringList command = {"generate",      QString(MATMAMBA_RESOURCES) + "/models/tales-lm",
                                 "--prompt",      "It was",
                                 "--max-tokens",  "20",
                                 "--width",       "4",
                                 "--device",      "cpu",
                                 "--temperature", "0"};
    const QString whole = matmamba(command + QStringList{"--json"}).json()["text"].toString();
    QVERIFY(whole.size() > 40);
    const QStringList stops = {"--stop", whole.mid(30, 5), "--stop", whole.mid(11, 9)};
    const QString before = whole.left(whole.indexOf(whole.mid(11, 9)));
    QCOMPARE(matmamba(command + stops).out, before.toUtf8() + "\n");
    QCOMPARE(matmamba(command + stops + QStringList{"--json"}).json()["text"].toString(), before);
    const Run penalised = matmamba(command + QStringList{"--repetition-penalty", "9", "--json"});
    QVERIFY2(penalised.code == 0, penalised.out + penalised.err);
    QVERIFY(penalised.json()["text"].toString() != whole);
}

QStringList TestCommandResults::trainCommand(const QString& out) const
{
    return {"train", m_folder.filePath("train.json"), "--data",   fixture("pictures"),
            "--out", m_folder.filePath(out),          "--device", "cpu",
            "--json"};
}

void TestCommandResults::writeTrainConfig()
{
    const QJsonObject config = {{"model", readJson(fixture("vision-tiny/config.json"))},
                                {"scheme", "free"},
                                {"steps", 6},
                                {"batch", 4},
                                {"warmup_steps", 1},
                                {"seed", 2},
                                {"checkpoint_every", 100},
                                {"validate_every", 0}};
    writeFile(m_folder.filePath("train.json"), QJsonDocument(config).toJson());
}

void TestCommandResults::trainedModelOpensAndMeasuresTheSame()
{
    writeTrainConfig();
    const Run run = matmamba(trainCommand("trained"));
    QVERIFY2(run.code == 0, run.out + run.err);
    const QList<QByteArray> lines = run.outputLines();
    QCOMPARE(lines.size(), 7); // six steps and the validation
    for (int i = 0; i < 6; ++i) {
        QCOMPARE(QJsonDocument::fromJson(lines[i])["step"].toInt(), i + 1);
        QVERIFY(QJsonDocument::fromJson(lines[i])["loss"].toDouble() > 0);
    }
    QFile log(m_folder.filePath("trained/log.jsonl"));
    QVERIFY(log.open(QIODevice::ReadOnly));
    QCOMPARE(log.readAll(), run.out);

    // The model is stored in bfloat16, so it measures what the validation did to that rounding.
    for (const QJsonValue& value : QJsonDocument::fromJson(lines.last())["validation"].toArray()) {
        const Run eval
            = matmamba({"eval", m_folder.filePath("trained"), "--data", fixture("pictures"),
                        "--device", "cpu", "--json", "--plan", joined(value["plan"].toArray())});
        QVERIFY2(eval.code == 0, eval.out + eval.err);
        const QJsonObject loss = eval.metric("loss");
        QCOMPARE(loss["n"].toInt(), value["n"].toInt());
        QVERIFY(std::abs(loss["value"].toDouble() / value["loss"].toDouble() - 1) < 2e-2);
    }
}

void TestCommandResults::stoppedTrainingGoesOn()
{
    writeTrainConfig();
    const Run whole = matmamba(trainCommand("whole"));
    const Run stopped = matmamba(trainCommand("stopped") + QStringList{"--stop-after", "0.001"});
    QVERIFY2(stopped.code == 0, stopped.out + stopped.err);
    QVERIFY(!stopped.out.contains("validation"));
    QVERIFY2(stopped.err.contains("stopped"), stopped.err);
    const Run rest = matmamba(trainCommand("stopped"));
    QVERIFY2(rest.code == 0, rest.out + rest.err);
    const auto lossOf = [](const Run& run) { // of the last step; the validation comes after it
        const QList<QByteArray> lines = run.outputLines();
        return QJsonDocument::fromJson(lines[lines.size() - 2])["loss"].toDouble();
    };
    QVERIFY(lossOf(whole) > 0);
    QVERIFY(std::abs(lossOf(rest) / lossOf(whole) - 1) < 1e-5);
}

QTEST_GUILESS_MAIN(TestCommandResults)
#include "tst_command_results.moc"
