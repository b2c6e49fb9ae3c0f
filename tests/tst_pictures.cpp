// Picture sets, decoding and preprocessing, on small files that the test makes itself.
#include <fcntl.h>
#include <unistd.h>

#include <QImage>
#include <QTemporaryDir>
#include <QtTest>
#include <atomic>
#include <fstream>
#include <iostream>
#include <numeric>
#include <thread>

#include "engine/data/pictures.h"
#include "engine/data/preprocess.h"
#include "engine/error.h"

using namespace matmamba;
namespace fs = std::filesystem;

namespace
{

constexpr int kRecordBytes = 3073;

void write_bytes(const fs::path& file, const std::string& bytes)
{
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
}

std::string read_bytes(const fs::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// `count` CIFAR-10 records with labels first_label, first_label + 1, …; value = place in record.
std::string cifar_records(int count, int first_label)
{
    std::string bytes;
    for (int i = 0; i < count; ++i) {
        bytes.push_back(static_cast<char>(first_label + i));
        for (int k = 1; k < kRecordBytes; ++k)
            bytes.push_back(static_cast<char>((k * 7 + i) & 0xff));
    }
    return bytes;
}

/// A picture without two equal neighbours.
QImage painted(int width, int height, QImage::Format format = QImage::Format_RGB888)
{
    QImage image(width, height, format);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            image.setPixelColor(x, y, QColor((x * 40) & 255, (y * 60) & 255, (x * y * 9) & 255));
    return image;
}

void save(const fs::path& file, const QImage& image, const char* format = nullptr)
{
    fs::create_directories(file.parent_path());
    QVERIFY(image.save(QString::fromStdString(file.string()), format, 100));
}

std::string error_of(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

/// What a call prints on standard error, by the C library or C++'s streams.
std::string printed_by(const fs::path& log, const std::function<void()>& action)
{
    std::fflush(stderr);
    const int kept = ::dup(STDERR_FILENO);
    const int file = ::open(log.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    ::dup2(file, STDERR_FILENO);
    action();
    std::fflush(stderr);
    std::cerr.flush();
    ::dup2(kept, STDERR_FILENO);
    ::close(file);
    ::close(kept);
    return read_bytes(log);
}

void compare(const Picture& picture, const QImage& expected)
{
    QCOMPARE(picture.width, expected.width());
    QCOMPARE(picture.height, expected.height());
    const QImage rgb = expected.convertToFormat(QImage::Format_RGB888);
    int largest = 0;
    for (int y = 0; y < picture.height; ++y)
        for (int k = 0; k < 3 * picture.width; ++k)
            largest = std::max(largest,
                               std::abs(picture.rgb[std::size_t(y) * 3 * picture.width + k]
                                        - rgb.constScanLine(y)[k]));
    QCOMPARE(largest, 0);
}

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

class TestPictures : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    fs::path root(const char* name) const { return m_folder.path().toStdString() + "/" + name; }

private slots:
    void cifarRecordBecomesAnInterleavedPicture()
    {
        const fs::path file = root("cifar-one") / "test_batch.bin";
        write_bytes(file, cifar_records(3, 4));
        for (const fs::path& path : {file, file.parent_path()}) {
            const auto set = open_pictures(path, Split::Test);
            QCOMPARE(set->size(), 3);
            QCOMPARE(set->label(0), 4);
            QCOMPARE(set->label(2), 6);
            QCOMPARE(set->name(2), std::string("test_batch.bin #2"));
            QCOMPARE(set->class_names().at(4), std::string("deer"));
            const Picture picture = set->picture(1);
            QCOMPARE(picture.width, 32);
            QCOMPARE(picture.height, 32);
            for (const int pixel : {0, 33, 1023})
                for (int channel = 0; channel < 3; ++channel)
                    QCOMPARE(int(picture.rgb.at(3 * pixel + channel)),
                             ((1 + channel * 1024 + pixel) * 7 + 1) & 0xff);
        }
    }

    void cifarTrainBatchesFollowEachOtherAndNamesComeFromTheMetaFile()
    {
        const fs::path folder = root("cifar-all");
        write_bytes(folder / "data_batch_2.bin", cifar_records(1, 7));
        write_bytes(folder / "data_batch_1.bin", cifar_records(2, 1));
        write_bytes(folder / "test_batch.bin", cifar_records(1, 9));
        write_bytes(folder / "batches.meta.txt", "a\nb\nc\nd\r\ne\nf\ng\nh\ni\nj\n\n");
        const auto set = open_pictures(folder, Split::Train);
        QCOMPARE(set->size(), 3);
        QCOMPARE(set->label(0), 1);
        QCOMPARE(set->label(2), 7);
        QCOMPARE(set->name(2), std::string("data_batch_2.bin #0"));
        QCOMPARE(set->class_names().at(3), std::string("d"));
        QCOMPARE(open_pictures(folder, Split::Test)->label(0), 9);
    }

    void publishedCifarFolderNameIsFoundBelow()
    {
        write_bytes(root("outer") / "cifar-10-batches-bin" / "test_batch.bin", cifar_records(1, 2));
        QCOMPARE(open_pictures(root("outer"), Split::Test)->size(), 1);
    }

    void damagedCifarFilesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("sentence");
        const std::string good = cifar_records(2, 0);
        QTest::newRow("cut off") << QByteArray(good.data(), 5000)
                                 << "has 5000 bytes; expected a multiple of 3073";
        QTest::newRow("empty") << QByteArray() << "has 0 bytes";
        QByteArray label(good.data(), int(good.size()));
        label[kRecordBytes] = 10;
        QTest::newRow("label") << label << "has label 10 at byte 3073 (picture 1); expected 0 to 9";
    }
    void damagedCifarFilesAreRefused()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, sentence);
        const fs::path file = root("cifar-bad") / "test_batch.bin";
        write_bytes(file, bytes.toStdString());
        const QString error
            = QString::fromStdString(error_of([&] { open_pictures(file, Split::Test); }));
        QVERIFY2(error.contains(sentence) && error.contains("test_batch.bin"), qPrintable(error));
    }

    void classIndexIsThePlaceInTheSortedFolderNames()
    {
        const fs::path folder = root("animals");
        const QImage image = painted(5, 4);
        save(folder / "dog" / "b.png", image);
        save(folder / "dog" / "deep" / "a.PNG", image);
        save(folder / "Cat" / "c.bmp", image);
        save(folder / "ape" / "._c.png", image);
        save(folder / ".hidden" / "c.png", image);
        write_bytes(folder / "dog" / "notes.txt", "no picture");
        write_bytes(folder / "labels.csv", "no picture");
        const auto set = open_pictures(folder, Split::Test);
        QCOMPARE(set->class_names(), (std::vector<std::string>{"Cat", "ape", "dog"}));
        QCOMPARE(set->size(), 3);
        QCOMPARE(set->name(0), std::string("Cat/c.bmp"));
        QCOMPARE(set->name(1), std::string("dog/b.png"));
        QCOMPARE(set->name(2), std::string("dog/deep/a.PNG"));
        QCOMPARE(set->label(0), 0);
        QCOMPARE(set->label(2), 2);
        for (int i = 0; i < 3; ++i)
            compare(set->picture(i), image);
    }

    void splitsAreFoundBelowTheRoot_data()
    {
        QTest::addColumn<QStringList>("files");
        QTest::addColumn<int>("train");
        QTest::addColumn<int>("test");
        using List = QStringList;
        QTest::newRow("no splits") << List{"a/1.png", "b/1.png"} << 2 << 2;
        QTest::newRow("train and test")
            << List{"train/a/1.png", "train/a/2.png", "test/a/1.png"} << 2 << 1;
        QTest::newRow("train and val")
            << List{"train/a/1.png", "val/a/1.png", "val/b/1.png"} << 1 << 2;
        QTest::newRow("test without classes")
            << List{"train/a/1.png", "test/1.png", "val/a/1.png", "val/a/2.png"} << 1 << 2;
        QTest::newRow("a class of trains")
            << List{"car/1.png", "train/1.png", "train/2.png"} << 3 << 3;
    }
    void splitsAreFoundBelowTheRoot()
    {
        QFETCH(QStringList, files);
        QFETCH(int, train);
        QFETCH(int, test);
        const fs::path folder = root(QTest::currentDataTag());
        for (const QString& file : files)
            save(folder / file.toStdString(), painted(2, 2));
        QCOMPARE(open_pictures(folder, Split::Train)->size(), train);
        QCOMPARE(open_pictures(folder, Split::Test)->size(), test);
    }

    void whatIsNoSetIsRefusedInOneSentence_data()
    {
        QTest::addColumn<QStringList>("files");
        QTest::addColumn<QString>("opened");
        QTest::addColumn<QString>("sentence");
        using List = QStringList;
        QTest::newRow("nothing") << List{} << "absent"
                                 << "There is nothing at";
        QTest::newRow("empty") << List{} << ""
                               << "is empty; expected a folder for each class";
        QTest::newRow("flat") << List{"1.png"} << ""
                              << "has pictures directly in it";
        QTest::newRow("no pictures") << List{"a/x.txt", "b/y.txt"} << ""
                                     << "The 2 folders in";
        QTest::newRow("other files") << List{"x.txt"} << ""
                                     << "has no class folders in it";
        QTest::newRow("a file") << List{"x.txt"} << "x.txt"
                                << "is no set of labelled pictures";
        QTest::newRow("only train") << List{"train/a/1.png"} << ""
                                    << "has train/ with class folders but no test/ or val/";
        QTest::newRow("only CIFAR train") << List{"data_batch_1.bin"} << ""
                                          << "has only data_batch_*.bin";
    }
    void whatIsNoSetIsRefusedInOneSentence()
    {
        QFETCH(QStringList, files);
        QFETCH(QString, opened);
        QFETCH(QString, sentence);
        const fs::path folder = root("refused") / QTest::currentDataTag();
        fs::create_directories(folder);
        for (const QString& file : files)
            write_bytes(folder / file.toStdString(), "x");
        const fs::path path = opened.isEmpty() ? folder : folder / opened.toStdString();
        const QString error
            = QString::fromStdString(error_of([&] { open_pictures(path, Split::Test); }));
        QVERIFY2(error.contains(sentence) && error.contains(QString::fromStdString(path.string())),
                 qPrintable(error));
    }

    void everyFormatIsDecodedByContentNotByName()
    {
        const QImage image = painted(7, 5);
        for (const char* format : {"PNG", "BMP", "PPM"}) {
            save(root("formats") / "picture.jpg", image, format);
            compare(load_picture(root("formats") / "picture.jpg"), image);
        }
        save(root("formats") / "grey.pgm", image.convertToFormat(QImage::Format_Grayscale8));
        compare(load_picture(root("formats") / "grey.pgm"),
                image.convertToFormat(QImage::Format_Grayscale8));
        save(root("formats") / "real.jpg", image, "JPG");
        compare(load_picture(root("formats") / "real.jpg"),
                QImage(QString::fromStdString((root("formats") / "real.jpg").string())));
    }

    void webpIsDecoded()
    {
        // Two red pixels, lossless.
        const QByteArray bytes = QByteArray::fromHex(
            "524946461c000000574542505650384c0f0000002f010000000710fd8ffe0722a2"
            "ff0100");
        const fs::path file = root("formats") / "dots.webp";
        write_bytes(file, bytes.toStdString());
        const Picture picture = load_picture(file);
        QCOMPARE(picture.width, 2);
        QCOMPARE(picture.height, 1);
        QCOMPARE(picture.rgb, (std::vector<std::uint8_t>{255, 0, 0, 255, 0, 0}));
        write_bytes(file, bytes.left(28).toStdString());
        std::string error;
        const std::string printed
            = printed_by(root("log"), [&] { error = error_of([&] { load_picture(file); }); });
        QVERIFY2(error.find("its WebP") != std::string::npos, error.c_str());
        QCOMPARE(printed, std::string());
    }

    void greyPaletteDeepAndTransparentPngBecomeRgb()
    {
        const QImage image = painted(6, 6);
        const fs::path file = root("png") / "a.png";
        const QImage grey = image.convertToFormat(QImage::Format_Grayscale8);
        const QImage palette = image.convertToFormat(QImage::Format_Indexed8);
        for (const QImage& stored : {grey, palette, image.convertToFormat(QImage::Format_RGBX64)}) {
            save(file, stored);
            compare(load_picture(file), stored);
        }
        QImage transparent = image.convertToFormat(QImage::Format_RGBA8888);
        for (int x = 0; x < 6; ++x)
            transparent.bits()[4 * x + 3] = static_cast<uchar>(40 * x);
        save(file, transparent);
        // The colours stay as they are stored.
        for (int y = 0; y < 6; ++y)
            for (int x = 0; x < 6; ++x)
                transparent.scanLine(y)[4 * x + 3] = 255;
        compare(load_picture(file), transparent);
    }

    void exifOrientationTurnsTheTopOfThePictureUp_data()
    {
        QTest::addColumn<int>("orientation");
        QTest::addColumn<QTransform>("turn");
        QTest::newRow("2") << 2 << QTransform(-1, 0, 0, 1, 0, 0);
        QTest::newRow("3") << 3 << QTransform(-1, 0, 0, -1, 0, 0);
        QTest::newRow("4") << 4 << QTransform(1, 0, 0, -1, 0, 0);
        QTest::newRow("5") << 5 << QTransform(0, 1, 1, 0, 0, 0);
        QTest::newRow("6") << 6 << QTransform(0, 1, -1, 0, 0, 0);
        QTest::newRow("7") << 7 << QTransform(0, -1, -1, 0, 0, 0);
        QTest::newRow("8") << 8 << QTransform(0, -1, 1, 0, 0, 0);
    }
    void exifOrientationTurnsTheTopOfThePictureUp()
    {
        QFETCH(int, orientation);
        QFETCH(QTransform, turn);
        const fs::path file = root("exif") / "a.jpg";
        save(file, painted(9, 5), "JPG");
        const QImage stored(QString::fromStdString(file.string()));
        std::string bytes = read_bytes(file);
        std::string exif("\xff\xe1\x00\x22"
                         "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0",
                         4 + 6 + 8 + 2 + 9);
        exif.push_back(static_cast<char>(orientation));
        exif.append(6, '\0');
        exif[3] = static_cast<char>(exif.size() - 2);
        bytes.insert(2, exif);
        write_bytes(file, bytes);
        compare(load_picture(file), stored.transformed(turn));
    }

    void damagedPicturesGiveOneSentenceAndPrintNothing_data()
    {
        QTest::addColumn<QString>("format");
        QTest::addColumn<QString>("damage");
        for (const char* format : {"JPG", "PNG", "BMP", "PPM"})
            for (const char* damage : {"cut off", "header only", "huge"})
                QTest::addRow("%s %s", format, damage) << format << damage;
        QTest::newRow("JPG noise") << "JPG"
                                   << "noise";
        QTest::newRow("PNG noise") << "PNG"
                                   << "noise";
        QTest::newRow("empty") << "JPG"
                               << "empty";
        QTest::newRow("text") << "JPG"
                              << "text";
    }
    void damagedPicturesGiveOneSentenceAndPrintNothing()
    {
        QFETCH(QString, format);
        QFETCH(QString, damage);
        const fs::path file = root("damaged") / "a.jpg";
        save(file, painted(200, 150), qPrintable(format));
        std::string bytes = read_bytes(file);
        if (damage == "cut off")
            bytes.resize(bytes.size() / 2);
        else if (damage == "header only")
            bytes.resize(30);
        else if (damage == "noise")
            for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 400; ++i)
                bytes[i] = static_cast<char>(i * i * 31 >> 3);
        else if (damage == "huge")
            bytes = claiming_65000_by_65000(format, bytes);
        else
            bytes = damage == "text" ? "Dear picture," : "";
        write_bytes(file, bytes);
        std::string error;
        const std::string printed
            = printed_by(root("log"), [&] { error = error_of([&] { load_picture(file); }); });
        QVERIFY2(error.starts_with("Picture " + file.string() + " cannot be read: "),
                 error.c_str());
        if (damage == "huge")
            QVERIFY2(error.find("claims 65000 x 65000 pixels") != std::string::npos, error.c_str());
        QCOMPARE(printed, std::string());
    }

    void photographsDecodeAsAnotherReaderDoes()
    {
        const fs::path folder = fs::path(MATMAMBA_SHARED) / "data/photos";
        if (!fs::exists(folder))
            QSKIP("the folder data/photos of MATMAMBA_SHARED is absent");
        int count = 0;
        for (const auto& entry : fs::directory_iterator(folder)) {
            if (entry.path().extension() != ".JPEG")
                continue;
            compare(load_picture(entry.path()),
                    QImage(QString::fromStdString(entry.path().string())));
            ++count;
        }
        QVERIFY(count > 0);
    }

    void severalThreadsMayDecodeAtOnce()
    {
        const fs::path folder = root("threads");
        for (int i = 0; i < 8; ++i)
            save(folder / "a" / (std::to_string(i) + ".png"), painted(40 + i, 30));
        const auto set = open_pictures(folder, Split::Test);
        std::atomic<int> wrong = 0;
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 80; ++i)
                    if (set->picture(i % 8).width != 40 + i % 8)
                        ++wrong;
            });
        threads.clear();
        QCOMPARE(wrong.load(), 0);
    }

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

private:
    /// The file with 65000 x 65000 written into its header.
    static std::string claiming_65000_by_65000(const QString& format, std::string bytes)
    {
        const std::string big_endian("\xfd\xe8", 2);
        if (format == "JPG") {
            const std::size_t frame = bytes.find("\xff\xc0");
            return bytes.replace(frame + 5, 4, big_endian + big_endian);
        }
        if (format == "PNG") {
            bytes.replace(16, 8,
                          std::string(2, '\0') + big_endian + std::string(2, '\0') + big_endian);
            const quint32 sum = crc32(bytes.substr(12, 17));
            for (int i = 0; i < 4; ++i)
                bytes[29 + i] = static_cast<char>(sum >> (24 - 8 * i));
            return bytes;
        }
        if (format == "BMP") {
            const std::string little_endian("\xe8\xfd\0\0", 4);
            return bytes.replace(18, 8, little_endian + little_endian);
        }
        return "P6 65000 65000 255\nxxx";
    }

    static quint32 crc32(const std::string& bytes)
    {
        quint32 sum = 0xffffffff;
        for (const char byte : bytes) {
            sum ^= static_cast<uchar>(byte);
            for (int bit = 0; bit < 8; ++bit)
                sum = sum & 1 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
        }
        return ~sum;
    }
};

QTEST_GUILESS_MAIN(TestPictures)
#include "tst_pictures.moc"
