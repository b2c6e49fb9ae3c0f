// Sets of labelled pictures: CIFAR-10, IDX and folders, small ones that the test makes itself.
#include <QTemporaryDir>
#include <QtTest>
#include <atomic>
#include <thread>

#include "tests/picture_files.h"

using namespace matmamba;
namespace fs = std::filesystem;

namespace
{

constexpr int kRecordBytes = 3073;

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

/// An IDX file of unsigned bytes.
std::string idx(const std::vector<std::uint32_t>& shape, const std::string& values)
{
    std::string bytes{0, 0, 8, static_cast<char>(shape.size())};
    for (const std::uint32_t size : shape)
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes.push_back(static_cast<char>(size >> shift));
    return bytes + values;
}

/// A gzip file: Qt's deflated bytes between gzip's own header and checksum.
std::string gzipped(const std::string& bytes)
{
    // Four bytes of length and two of zlib's header stand before, four of its checksum after.
    const QByteArray zlib = qCompress(QByteArray::fromStdString(bytes));
    std::string file("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
    file += zlib.mid(6, zlib.size() - 10).toStdString();
    for (const quint32 number : {crc32(bytes), static_cast<quint32>(bytes.size())})
        for (int shift = 0; shift < 32; shift += 8)
            file.push_back(static_cast<char>(number >> shift));
    return file;
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

    void idxFilesBecomeGreyPictures()
    {
        const fs::path folder = root("idx");
        write_bytes(folder / "t10k-images-idx3-ubyte", idx({2, 2, 3}, "\1\2\3\4\5\6\7\7\7\7\7\7"));
        write_bytes(folder / "t10k-labels-idx1-ubyte", idx({2}, "\4\1"));
        for (const fs::path& path : {folder, folder / "t10k-images-idx3-ubyte"}) {
            const auto set = open_pictures(path, Split::Test);
            QCOMPARE(set->size(), 2);
            QCOMPARE(set->label(0), 4);
            QCOMPARE(set->class_names(), (std::vector<std::string>{"0", "1", "2", "3", "4"}));
            QCOMPARE(set->name(1), std::string("t10k-images-idx3-ubyte #1"));
            const Picture picture = set->picture(0);
            QCOMPARE(picture.width, 3);
            QCOMPARE(picture.height, 2);
            QCOMPARE(
                picture.rgb,
                (std::vector<std::uint8_t>{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6}));
        }
        const std::string error = error_of([&] { open_pictures(folder, Split::Train); });
        QVERIFY2(error.find("has 0 IDX files of pictures to train on") != std::string::npos,
                 error.c_str());
    }

    void gzippedIdxFilesAreUnpacked()
    {
        const fs::path folder = root("idx-gz");
        write_bytes(folder / "train-images-idx3-ubyte.gz", gzipped(idx({1, 1, 1}, "\xc8")));
        write_bytes(folder / "train-labels-idx1-ubyte.gz", gzipped(idx({1}, "\3")));
        const auto set = open_pictures(folder, Split::Train);
        QCOMPARE(set->label(0), 3);
        QCOMPARE(set->picture(0).rgb, (std::vector<std::uint8_t>{200, 200, 200}));
    }

    void damagedIdxFilesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("images");
        QTest::addColumn<QByteArray>("labels");
        QTest::addColumn<QString>("sentence");
        const auto row
            = [](const std::string& images, const std::string& labels, const char* sentence) {
                  QTest::newRow(sentence) << QByteArray::fromStdString(images)
                                          << QByteArray::fromStdString(labels) << sentence;
              };
        const std::string images = idx({1, 1, 2}, "ab");
        const std::string labels = idx({1}, "\1");
        row("", labels, "images-idx3-ubyte does not begin as an IDX file");
        row(images, images, "labels-idx1-ubyte does not begin as an IDX file");
        row(images.substr(0, 17), labels, "has 1 values; expected 1 x 1 x 2");
        row(idx({1 << 30, 1 << 30, 1 << 30}, "ab"), labels, "has 2 values; expected 1073741824 x");
        row(idx({0, 5, 5}, ""), labels, "has 0 values; expected 0 x 5 x 5");
        row(images, idx({2}, "\1\1"), "has 2 labels; expected 1");
        row(idx({1, 1, 20000}, std::string(20000, 'a')), labels, "expected sides of at most 16384");
        row(gzipped(images).substr(0, 24), labels, "expected a whole gzip file");
    }
    void damagedIdxFilesAreRefused()
    {
        QFETCH(QByteArray, images);
        QFETCH(QByteArray, labels);
        QFETCH(QString, sentence);
        const fs::path file = root("idx-bad") / "train-images-idx3-ubyte";
        write_bytes(file, images.toStdString());
        write_bytes(file.parent_path() / "train-labels-idx1-ubyte", labels.toStdString());
        const QString error
            = QString::fromStdString(error_of([&] { open_pictures(file, Split::Train); }));
        QVERIFY2(error.contains(sentence), qPrintable(error));
    }

    void idxPicturesWithoutLabelsAreRefused()
    {
        const fs::path file = root("idx-alone") / "train-images-idx3-ubyte";
        write_bytes(file, idx({1, 1, 2}, "ab"));
        const std::string error = error_of([&] { open_pictures(file, Split::Train); });
        QVERIFY2(error.find("expected train-labels-idx1-ubyte or") != std::string::npos,
                 error.c_str());
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
};

QTEST_GUILESS_MAIN(TestPictures)
#include "tst_pictures.moc"
