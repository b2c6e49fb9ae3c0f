// One picture file at a time: every format, damaged ones, and real photographs.
#include <fcntl.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <iostream>

#include "tests/picture_files.h"

using namespace matmamba;
namespace fs = std::filesystem;

namespace
{

std::string read_bytes(const fs::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
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

} // namespace

class TestDecodePicture : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    fs::path root(const char* name) const { return m_folder.path().toStdString() + "/" + name; }

private slots:
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
};

QTEST_GUILESS_MAIN(TestDecodePicture)
#include "tst_decode_picture.moc"
