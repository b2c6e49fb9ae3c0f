// From pictures to inputs: resizing, cropping, normalising, and preprocessor_config.json.
#include <QTemporaryDir>
#include <QtTest>
#include <numeric>

#include "engine/data/preprocess.h"
#include "tests/picture_files.h"

using namespace matmamba;
namespace fs = std::filesystem;

namespace
{

std::vector<float> preprocessed(const Picture& picture, const Preprocessing& how, int side)
{
    std::vector<float> values(3 * std::size_t(side) * side, -99.0f);
    preprocess(picture, how, side, values.data());
    return values;
}

/// Pixels as they are: (v · 1 - 0) / 1.
Preprocessing plain()
{
    Preprocessing how;
    how.resize = false;
    how.center_crop = false;
    how.rescale_factor = 1;
    how.mean = {0, 0, 0};
    how.stddev = {1, 1, 1};
    return how;
}

} // namespace

class TestPreprocess : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    fs::path root(const char* name) const { return m_folder.path().toStdString() + "/" + name; }

private slots:
    void pixelsAreScaledAndNormalisedChannelsFirst()
    {
        Preprocessing how = plain();
        how.rescale_factor = 1.0 / 255.0;
        how.mean = {0.5f, 0.25f, 0.0f};
        how.stddev = {0.5f, 0.25f, 2.0f};
        const Picture picture{2, 2, {0, 51, 255, 255, 0, 0, 10, 20, 30, 102, 204, 153}};
        const std::vector<float> values = preprocessed(picture, how, 2);
        const double expected[12]
            = {-1.0, 1.0, 10 / 255.0 * 2 - 1, -0.2, -0.2, -1.0, 20 / 255.0 * 4 - 1, 2.2,
               0.5,  0.0, 15 / 255.0,         0.3};
        for (int i = 0; i < 12; ++i)
            QVERIFY2(std::abs(values[i] - expected[i]) < 1e-6, qPrintable(QString::number(i)));
    }

    void shrinkingAveragesOverAllPixels()
    {
        Picture checks{64, 64, std::vector<std::uint8_t>(64 * 64 * 3)};
        for (int i = 0; i < 64 * 64; ++i)
            for (int c = 0; c < 3; ++c)
                checks.rgb[3 * i + c] = (i % 64 + i / 64) % 2 == 0 ? 200 : 100;
        for (const char* interpolation : {"bilinear", "bicubic", "lanczos", "area"}) {
            Preprocessing how = plain();
            how.resize = true;
            how.shortest_edge = 16;
            how.interpolation = interpolation;
            for (const float value : preprocessed(checks, how, 16))
                QCOMPARE(value, 150.0f);
        }
    }

    void shortSideIsResizedAndTheCentreIsCropped()
    {
        // A wide picture whose columns count up: after halving, column x holds 2x + 0.5.
        Picture wide{40, 20, std::vector<std::uint8_t>(40 * 20 * 3)};
        for (std::size_t i = 0; i < wide.rgb.size(); ++i)
            wide.rgb[i] = static_cast<std::uint8_t>(i / 3 % 40 * 4);
        Preprocessing how = plain();
        how.resize = how.center_crop = true;
        how.shortest_edge = 10;
        how.crop_size = 8;
        const std::vector<float> values = preprocessed(wide, how, 8);
        // 20 columns after resizing, the crop begins at (20 - 8) / 2 = 6.
        for (int x = 0; x < 8; ++x)
            QCOMPARE(values[x], float((6 + x) * 8 + 2));
    }

    void squareResizeTakesTheWholePicture()
    {
        Picture wide{40, 20, std::vector<std::uint8_t>(40 * 20 * 3)};
        for (std::size_t i = 0; i < wide.rgb.size(); ++i)
            wide.rgb[i] = static_cast<std::uint8_t>(i / 3 % 40 * 4);
        Preprocessing how = plain();
        how.resize = true;
        how.shortest_edge = 10;
        how.keep_aspect = false;
        const std::vector<float> values = preprocessed(wide, how, 10);
        for (int x = 0; x < 10; ++x)
            QCOMPARE(values[x], float(x * 16 + 6));
    }

    void cropLargerThanThePictureIsFilledWithBlack()
    {
        Preprocessing how = plain();
        how.center_crop = true;
        how.crop_size = 4;
        const Picture dot{1, 2, {9, 9, 9, 8, 8, 8}};
        const std::vector<float> values = preprocessed(dot, how, 4);
        QCOMPARE(std::accumulate(values.begin(), values.end(), 0.0f), 3 * 17.0f);
        QCOMPARE(values[1 * 4 + 2], 9.0f); // Hugging Face's padding rounds up on the left and top
        QCOMPARE(values[2 * 4 + 2], 8.0f);
    }

    void anyPictureFitsAModelOfAnySize_data()
    {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::newRow("photograph") << 500 << 354;
        QTest::newRow("upright") << 33 << 97;
        QTest::newRow("dot") << 1 << 1;
        QTest::newRow("line") << 1 << 300;
        QTest::newRow("the size itself") << 32 << 32;
    }
    void anyPictureFitsAModelOfAnySize()
    {
        QFETCH(int, width);
        QFETCH(int, height);
        const Picture grey{width, height,
                           std::vector<std::uint8_t>(std::size_t(width) * height * 3, 77)};
        for (const float value : preprocessed(grey, plain(), 32))
            QCOMPARE(value, 77.0f);
        ModelConfig config;
        config.image_size = 32;
        const Preprocessing defaults = read_preprocessing(root("nowhere"), config);
        for (const float value : preprocessed(grey, defaults, 32))
            QVERIFY(std::isfinite(value) && value > -3);
    }

    void aPictureTooNarrowToResizeIsRefused()
    {
        const Picture line{1, 100000, std::vector<std::uint8_t>(300000)};
        const std::string error = error_of([&] { preprocessed(line, Preprocessing(), 224); });
        QVERIFY2(error.find("1 x 100000 pixels is too narrow") != std::string::npos, error.c_str());
    }

    void defaultsFollowTheModelsImageSize()
    {
        ModelConfig config;
        config.image_size = 224;
        const Preprocessing how = read_preprocessing(root("nowhere"), config);
        QCOMPARE(how.shortest_edge, 256);
        QCOMPARE(how.crop_size, 224);
        QCOMPARE(how.describe(),
                 std::string("resize 256 (area when shrinking, bicubic when enlarging), crop 224, "
                             "mean 0.485 0.456 0.406, std 0.229 0.224 0.225"));
    }

    void preprocessorConfigIsReadAsItsAuthorsMeanIt_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("described");
        const QString half = ", mean 0.5 0.5 0.5, std 0.5 0.5 0.5";
        const QByteArray end = R"(, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]})";
        const QString area = " (area when shrinking, %1 when enlarging)";
        QTest::newRow("short side and crop")
            << R"({"do_resize": true, "size": {"shortest_edge": 256}, "resample": 2,
                   "do_center_crop": true, "crop_size": {"height": 224, "width": 224})"
                + end
            << "resize 256" + area.arg("bilinear") + ", crop 224" + half;
        QTest::newRow("square") << R"({"size": {"height": 224, "width": 224}, "resample": 3)" + end
                                << "resize 224 square" + area.arg("bicubic") + half;
        QTest::newRow("numbers with a crop") << R"({"size": 256, "crop_size": 224, "resample": 1)"
                + end << "resize 256" + area.arg("lanczos") + ", crop 224" + half;
        QTest::newRow("a number without a crop")
            << R"({"size": 224, "resample": 0)" + end << "resize 224 square (nearest)" + half;
        QTest::newRow("as it is")
            << R"({"do_resize": false, "do_center_crop": false, "resample": 4)" + end
            << "no resize where the size fits (else area when shrinking, bilinear when enlarging)"
                + half;
        QTest::newRow("not normalised")
            << QByteArray(R"({"do_resize": false, "crop_size": 32, "do_normalize": false})")
            << "no resize, crop 32, mean 0 0 0, std 1 1 1";
    }
    void preprocessorConfigIsReadAsItsAuthorsMeanIt()
    {
        QFETCH(QByteArray, json);
        QFETCH(QString, described);
        write_bytes(root("config") / "preprocessor_config.json", json.toStdString());
        const Preprocessing how = read_preprocessing(root("config"), ModelConfig());
        QCOMPARE(QString::fromStdString(how.describe()), described);
    }

    void wrongPreprocessorConfigIsRefusedByField_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("sentence");
        const QByteArray end = R"(, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]})";
        const auto row = [&](const char* json, const char* sentence) {
            QTest::newRow(json) << json + end << sentence;
        };
        QTest::newRow("no JSON") << QByteArray("{") << "is not valid JSON";
        QTest::newRow("no object") << QByteArray("[1]") << "is no JSON object";
        row(R"({"do_resize": 1)", "Field do_resize of");
        row(R"({"do_resize": true)", "is missing; expected a number, {\"shortest_edge\"}");
        row(R"({"size": {"height": 3, "width": 4})", "expected equal height and width");
        row(R"({"size": -1)", "expected whole numbers of pixels from 1 to");
        row(R"({"size": {"shortest_edge": 1e9})", "expected whole numbers of pixels from 1 to");
        row(R"({"resample": 5)", "is 5; expected 0 nearest");
        row(R"({"crop_size": "224")", "Field crop_size of");
        row(R"({"rescale_factor": "1/255")", "Field rescale_factor of");
        QTest::newRow("no mean") << QByteArray("{}") << "Field image_mean of";
        QTest::newRow("std of 0") << QByteArray(
            R"({"image_mean": [0, 0, 0], "image_std": [1, 0, 1]})")
                                  << "expected numbers above 0";
    }
    void wrongPreprocessorConfigIsRefusedByField()
    {
        QFETCH(QByteArray, json);
        QFETCH(QString, sentence);
        write_bytes(root("config") / "preprocessor_config.json", json.toStdString());
        const QString error = QString::fromStdString(
            error_of([&] { read_preprocessing(root("config"), ModelConfig()); }));
        QVERIFY2(error.contains(sentence) && error.contains("preprocessor_config.json"),
                 qPrintable(error));
    }
};

QTEST_GUILESS_MAIN(TestPreprocess)
#include "tst_preprocess.moc"
