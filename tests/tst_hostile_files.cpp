// Weights files that are cut off, changed, or made to harm: each gives one sentence or a valid
// result, nothing is executed, nothing is read outside the file. Worth running under a sanitizer.
#include <QTemporaryDir>
#include <QtTest>
#include <random>

#include "engine/files/checkpoint.h"
#include "engine/files/safetensors.h"
#include "engine/files/torch_pickle.h"
#include "made_files.h"
#include "tests/error_of.h"

using namespace matmamba;
namespace fs = std::filesystem;

namespace
{

constexpr int kSeeds = 400;

/// Reads every byte of every tensor, so that a sanitizer sees what lies outside the file.
std::uint64_t sum_of(const std::map<std::string, StoredTensor>& tensors)
{
    std::uint64_t sum = 0;
    for (const auto& [name, tensor] : tensors)
        for (std::size_t i = 0; i < tensor.size_bytes; ++i)
            sum += static_cast<std::uint64_t>(tensor.data[i]);
    return sum;
}

bool is_one_sentence(const std::string& error)
{
    for (const unsigned char c : error)
        if (c < ' ')
            return false;
    return error.size() > 20 && error.size() < 600;
}

std::string with_flipped_bits(std::string bytes, std::mt19937& random, std::size_t first,
                              std::size_t count)
{
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips)
        bytes[first + random() % count] ^= static_cast<char>(1 << random() % 8);
    return bytes;
}

} // namespace

class TestHostileFiles : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    fs::path file() const { return fs::path(m_folder.path().toStdString()) / "weights"; }

    /// What reading these bytes as a weights file complains about.
    std::string complaint(const std::string& bytes) const
    {
        made::write(file(), bytes);
        return error_of([&] { sum_of(read_weights_file(file())); });
    }

    bool refuses(const std::string& bytes, const std::string& named) const
    {
        const std::string error = complaint(bytes);
        const bool good = error.find(named) != std::string::npos && is_one_sentence(error)
            && error.find(file().string()) == 0;
        if (!good)
            qWarning("expected \"%s\", got: %s", named.c_str(), error.c_str());
        return good;
    }

    bool refuses_tensor(const made::PickledTensor& tensor, const std::string& named) const
    {
        return refuses(made::torch_file(made::one_tensor(tensor)), named);
    }

    static std::string fixture(const char* name)
    {
        return made::read(fs::path(MATMAMBA_FIXTURES) / name);
    }

    /// The fixture's data.pkl, found by its place in the archive.
    static std::string fixture_pickle()
    {
        const std::string bytes = fixture("lm-tiny/pytorch_model.bin");
        const std::size_t begin = bytes.find("\x80\x02");
        return bytes.substr(begin, bytes.find("u}q", begin) + 400 - begin);
    }

private slots:
    void initTestCase() { QVERIFY(m_folder.isValid()); }

    void aPickleThatNamesCodeIsRefusedByThatName_data()
    {
        QTest::addColumn<QString>("module");
        QTest::addColumn<QString>("name");
        const std::pair<const char*, const char*> globals[]
            = {{"os", "system"},           {"posix", "system"},
               {"builtins", "eval"},       {"builtins", "getattr"},
               {"torch", "load"},          {"torch._utils", "_rebuild"},
               {"collections", "Counter"}, {"torch", "FloatStorage.from_file"}};
        for (const auto& [module, name] : globals)
            QTest::newRow(name) << QString(module) << QString(name);
    }

    void aPickleThatNamesCodeIsRefusedByThatName()
    {
        QFETCH(QString, module);
        QFETCH(QString, name);
        const fs::path witness = fs::path(m_folder.path().toStdString()) / "witness";
        const std::string global = made::global(module.toStdString(), name.toStdString());
        const std::string call
            = global + made::tuple({made::text("touch " + witness.string())}) + "R";
        const std::string shown = (module + "." + name).toStdString();
        for (const std::string& value :
             {call, made::dict({made::text("w"), call}), made::dict({made::text("w"), global})})
            QVERIFY(refuses(made::torch_file(made::pickle(value)), shown));
        QVERIFY(!fs::exists(witness));
    }

    void otherRoadsToCodeAreNotKnown()
    {
        // INST, OBJ, NEWOBJ, NEWOBJ_EX, EXT1: each builds an object in another way.
        const std::string bodies[]
            = {"(ios\nsystem\n", "(" + made::text("x") + "o", "))\x81", ")})\x92", "\x82\x01"};
        for (const std::string& body : bodies)
            QVERIFY(refuses(made::torch_file(made::pickle(body)), "opcode"));
        // BUILD may call __setstate__ in Python; here only a dict can have attributes.
        QVERIFY(refuses(made::torch_file(made::pickle(made::tensor({}) + "}b")), "OrderedDict"));
    }

    void tensorsThatDoNotFitTheirStorageAreRefused()
    {
        constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
        QVERIFY(refuses_tensor({.elements = 7}, "expected 7 elements"));
        QVERIFY(refuses_tensor({.elements = -6}, "expected -6 elements"));
        QVERIFY(refuses_tensor({.type = "HalfStorage"}, "expected 6 elements of float16"));
        QVERIFY(refuses_tensor({.offset = 1}, "6 elements from element 1 on"));
        QVERIFY(refuses_tensor({.offset = -1}, "from element -1"));
        QVERIFY(refuses_tensor({.offset = kHuge}, "but its storage has 6"));
        QVERIFY(refuses_tensor({.shape = {3, 3}}, "9 elements from element 0"));
        QVERIFY(refuses_tensor({.shape = {-2, -3}}, "none below 0"));
        QVERIFY(refuses_tensor({.shape = {kHuge, kHuge}}, "more elements than any file"));
        QVERIFY(refuses_tensor({.shape = {1ll << 62, 4}, .strides = {4, 1}}, "more elements"));
        QVERIFY(refuses_tensor({.strides = {1, 2}}, "row by row"));
        QVERIFY(refuses_tensor({.strides = {0, 1}}, "row by row"));
        QVERIFY(refuses_tensor({.strides = {1}}, "row by row"));
        QVERIFY(refuses_tensor({.shape = std::vector<std::int64_t>(9, 1)}, "9 dimensions"));
        QVERIFY(refuses_tensor({.key = "1"}, "archive/data/1"));
        QVERIFY(refuses_tensor({.key = "../data.pkl"}, "archive/data/../data.pkl"));
        QVERIFY(refuses_tensor({.type = "LongStorage"}, "torch.LongStorage"));
    }

    void picklesThatHoldNoStateDictAreRefused()
    {
        const auto refused = [&](const std::string& pickle, const char* named) {
            return refuses(made::torch_file(pickle), named);
        };
        QVERIFY(refused("", "ends too early"));
        QVERIFY(refused(made::pickle("N"), "no dict"));
        QVERIFY(refused(made::pickle(""), "takes a value where there is none"));
        QVERIFY(refused(made::pickle("t"), "closes what it has not opened"));
        QVERIFY(refused(made::pickle("}(Nu"), "a key has no value"));
        QVERIFY(refused(made::pickle("N(s"), "takes a value where there is none"));
        QVERIFY(refused(made::pickle("h\x05"), "has not kept"));
        QVERIFY(refused(made::pickle("}NNs"), "tensor's name"));
        QVERIFY(
            refused(made::pickle(made::dict({made::text("w"), "N"})), "\"w\" that is no tensor"));
        QVERIFY(refused(made::pickle(made::dict({made::text("a\x1b[31m"), made::tensor({})})),
                        "\"a?[31m\""));
        QVERIFY(refused(made::pickle(made::dict({made::text(""), made::tensor({})})), "name of 1"));
        const std::string w = made::text("w") + made::tensor({});
        QVERIFY(refused(made::pickle("}(" + w + w + "u"), "twice"));
        QVERIFY(refused("\x80\x09N.", "protocol is 9"));
        QVERIFY(refused("\x80\x02X\xff\xff\xff\xff", "ends too early"));
        QVERIFY(refused("\x80\x02\x8a\xff", "ends too early"));
        QVERIFY(refused("\x80\x02"
                        "cos",
                        "ends too early"));
    }

    void picklesThatOnlyGrowAreStopped()
    {
        // Nested a million deep; a million values; a dict that holds itself; one long tuple as the
        // arguments of a hundred thousand calls.
        QVERIFY(
            refuses(made::torch_file(made::pickle("N" + std::string(900'000, '\x85'))), "no dict"));
        QVERIFY(refuses(made::torch_file(made::pickle(std::string(2'000'000, 'N'))), "values"));
        QVERIFY(refuses(made::torch_file(made::pickle("}q\x01(h\x01h\x01u")), "tensor's name"));
        std::string calls = "(" + std::string(100'000, 'N') + "tq\x01"
            + made::global("collections", "OrderedDict") + "q\x02";
        for (int i = 0; i < 100'000; ++i)
            calls += "h\x02h\x01R";
        QVERIFY(refuses(made::torch_file(made::pickle(calls)), "at most 8 items"));
    }

    void damagedArchivesAreRefused()
    {
        const made::ZipEntry pickle = {.name = "a/data.pkl", .bytes = made::one_tensor()};
        const made::ZipEntry data = {.name = "a/data/0", .bytes = made::six_floats()};
        const auto changed = [](made::ZipEntry entry, auto&& change) {
            change(entry);
            return entry;
        };
        using Entry = made::ZipEntry;
        QCOMPARE(complaint(made::zip({pickle, data})), std::string("no error"));
        QVERIFY(refuses(made::zip({}), "without data.pkl"));
        QVERIFY(refuses(made::zip({data}), "without data.pkl"));
        QVERIFY(refuses(made::zip({pickle}), "a/data/0"));
        QVERIFY(refuses(made::zip({pickle, data, data}), "twice"));
        QVERIFY(refuses(made::zip({pickle, changed(data, [](Entry& e) { e.method = 8; })}),
                        "\"a/data/0\" is compressed"));
        QVERIFY(refuses(made::zip({changed(pickle, [](Entry& e) { e.flags = 1; }), data}),
                        "\"a/data.pkl\" is encrypted"));
        QVERIFY(refuses(made::zip({pickle, changed(data, [](Entry& e) { e.crc = 1; })}), "CRC-32"));
        QVERIFY(refuses(made::zip({pickle, data, {.name = "a/byteorder", .bytes = "big"}}),
                        "byte order \"big\""));
        // An entry whose directory tells another place or size.
        std::string wrong = made::zip({pickle, data});
        const std::size_t entry = wrong.rfind("PK\1\2");
        wrong[entry + 42] ^= 1;
        QVERIFY(refuses(wrong, "does not begin at"));
        wrong = made::zip({pickle, data});
        wrong[entry + 20] = wrong[entry + 24] = '\x7f';
        QVERIFY(refuses(wrong, "reaches beyond"));
        wrong = made::zip({pickle, data});
        wrong[entry + 24] ^= 1;
        QVERIFY(refuses(wrong, "two different sizes"));
    }

    void damagedSafetensorsAreRefused_data()
    {
        QTest::addColumn<QByteArray>("header");
        QTest::addColumn<QString>("named");
        const auto row = [](const char* header, const char* named) {
            QTest::newRow(header) << QByteArray(header) << QString(named);
        };
        const auto tensor = [&row](const char* fields, const char* named) {
            row(("{\"w\": " + std::string(fields) + "}").c_str(), named);
        };
        // The data has 8 bytes.
        row("[]", "expected '{'");
        row("{", "JSON");
        row("{}", "its tensors end at byte 0");
        row("{} trailing", "JSON");
        row("{\"\xff\": 1}", "JSON");
        tensor("3", "number");
        tensor(R"({"dtype": "F64", "shape": [1], "data_offsets": [0, 8]})", "F64");
        tensor(R"({"dtype": 3, "shape": [2], "data_offsets": [0, 8]})", "dtype");
        tensor(R"({"shape": [2], "data_offsets": [0, 8]})", "dtype");
        tensor(R"({"dtype": "F32", "data_offsets": [0, 8]})", "shape");
        tensor(R"({"dtype": "F32", "shape": [2]})", "data_offsets");
        tensor(R"({"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]})", "shape");
        tensor(R"({"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]})", "shape");
        tensor(R"({"dtype": "F32", "shape": [3], "data_offsets": [0, 8]})", "need 12");
        tensor(R"({"dtype": "F32", "shape": [4611686018427387904, 4], "data_offsets": [0, 8]})",
               "more elements");
        tensor(R"({"dtype": "F32", "shape": [18446744073709551615], "data_offsets": [0, 8]})",
               "more elements");
        tensor(R"({"dtype": "F32", "shape": [1,1,1,1,1,1,1,1,2], "data_offsets": [0, 8]})",
               "9 dimensions");
        tensor(R"({"dtype": "F32", "shape": [2], "data_offsets": [8, 16]})", "inside");
        tensor(R"({"dtype": "F32", "shape": [2], "data_offsets": [8, 0]})", "inside");
        tensor(R"({"dtype": "F32", "shape": [2], "data_offsets": [0, 18446744073709551615]})",
               "inside");
        tensor(R"({"dtype": "F32", "shape": [2], "data_offsets": [0, 4, 8]})", "[begin, end]");
        tensor(R"({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]})", "end at byte 4");
        tensor(R"({"dtype": "F32", "shape": [1], "data_offsets": [4, 8]})", "hole");
        const std::string half = R"({"dtype": "F32", "shape": [1], "data_offsets": )";
        const std::string whole = R"({"dtype": "F32", "shape": [2], "data_offsets": [0, 8]})";
        row(("{\"a\": " + whole + ", \"b\": " + half + "[4, 8]}}").c_str(), "overlaps");
        row(("{\"a\": " + whole + ", \"b\": " + whole + "}").c_str(), "overlaps");
        row(("{\"a\": " + whole + ", \"a\": " + whole + "}").c_str(), "twice");
        row(("{\"\": " + whole + "}").c_str(), "name of 1");
        row(("{\"a\\nb\": " + whole + "}").c_str(), "\"a?b\"");
        row(("{\"a\": " + whole + ", \"__metadata__\": {\"n\": 3}}").c_str(), "__metadata__");
        row(("{\"a\": " + whole + ", \"__metadata__\": [\"n\"]}").c_str(), "__metadata__");
    }

    void damagedSafetensorsAreRefused()
    {
        QFETCH(QByteArray, header);
        QFETCH(QString, named);
        made::write(file(), made::safetensors(header.toStdString(), made::bytes_of({1, 2})));
        const std::string error = error_of([&] { read_safetensors(file()); });
        QVERIFY2(error.find(named.toStdString()) != std::string::npos && is_one_sentence(error),
                 error.c_str());
    }

    void safetensorsHeadersAreNotBelieved()
    {
        const std::string good = R"({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})";
        QCOMPARE(complaint(made::safetensors(good + "      ", made::bytes_of({1, 2}))),
                 std::string("no error"));
        for (const std::uint64_t length :
             {std::uint64_t(9), std::uint64_t(100'000'001), ~std::uint64_t(0)})
            QVERIFY(refuses(made::number(length) + "{}      ", "cut off or damaged"));
        QVERIFY(
            refuses(made::safetensors(R"({"w": )" + std::string(1'000'000, '['), ""), "deeper"));
    }

    void cutOffFilesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("torch zip")
            << QByteArray::fromStdString(fixture("lm-tiny/pytorch_model.bin"));
        QTest::newRow("safetensors")
            << QByteArray::fromStdString(fixture("vision-tiny/model.safetensors"));
        QTest::newRow("small torch zip")
            << QByteArray::fromStdString(made::torch_file(made::one_tensor()));
    }

    void cutOffFilesAreRefused()
    {
        QFETCH(QByteArray, bytes);
        std::mt19937 random(1);
        for (int i = 0; i < 300; ++i) {
            // The first and last lengths one by one, those between at random.
            const int length = i < 100 ? i
                : i < 200              ? static_cast<int>(bytes.size()) - (i - 99)
                                       : static_cast<int>(random() % bytes.size());
            const std::string error = complaint(bytes.left(length).toStdString());
            QVERIFY2(error != "no error" && is_one_sentence(error),
                     qPrintable(QString::number(length) + ": " + error.c_str()));
        }
    }

    void aFlippedBitInATorchZipIsNoticedOrHarmless()
    {
        const std::string bytes = fixture("vision-tiny-avg/pytorch_model.bin");
        made::write(file(), bytes);
        const std::uint64_t sum = sum_of(read_weights_file(file()));
        std::mt19937 random(2);
        int noticed = 0;
        for (int seed = 0; seed < kSeeds; ++seed) {
            made::write(file(), with_flipped_bits(bytes, random, 0, bytes.size()));
            const std::string error = error_of([&] {
                // Names and padding have no CRC; what is used must be as it was.
                if (sum_of(read_weights_file(file())) != sum)
                    throw std::runtime_error("changed weights were taken");
            });
            QVERIFY2(error == "no error" || is_one_sentence(error), error.c_str());
            noticed += error != "no error";
        }
        QVERIFY2(noticed > kSeeds / 2, qPrintable(QString::number(noticed)));
    }

    void flippedBitsInAPickleGiveASentenceOrTensors()
    {
        const std::string small
            = made::pickle(made::dict({made::text("w"), made::tensor({}), made::text("b"),
                                       made::tensor({.offset = 2, .shape = {4}, .strides = {1}})}));
        const std::string large = fixture_pickle();
        QVERIFY(large.size() > 1000);
        std::mt19937 random(3);
        for (int seed = 0; seed < kSeeds; ++seed) {
            // With the right CRC around it, so that what the pickle says is what is checked.
            const std::string changed = with_flipped_bits(small, random, 0, small.size());
            const std::string error = complaint(made::torch_file(changed));
            QVERIFY2(error == "no error" || is_one_sentence(error), error.c_str());
            const std::string of_large = with_flipped_bits(large, random, 0, large.size());
            const std::string other = error_of([&] { read_torch_pickle(of_large, "data.pkl"); });
            QVERIFY2(other == "no error" || is_one_sentence(other), other.c_str());
        }
    }

    void flippedBitsInASafetensorsHeaderGiveASentenceOrTensors()
    {
        const std::string bytes = fixture("vision-tiny/model.safetensors");
        std::uint64_t header = 0;
        std::memcpy(&header, bytes.data(), 8);
        std::mt19937 random(4);
        for (int seed = 0; seed < kSeeds; ++seed) {
            const std::string error = complaint(with_flipped_bits(bytes, random, 0, 8 + header));
            QVERIFY2(error == "no error" || is_one_sentence(error), error.c_str());
        }
    }

    void flippedBitsInAZipDirectoryGiveASentenceOrTensors()
    {
        for (const bool zip64 : {false, true}) {
            const std::string bytes
                = made::zip({{.name = "a/data.pkl", .bytes = made::one_tensor()},
                             {.name = "a/data/0", .bytes = made::six_floats()}},
                            zip64);
            const std::size_t directory = bytes.find("PK\1\2");
            std::mt19937 random(5);
            for (int seed = 0; seed < kSeeds; ++seed) {
                const std::string error = complaint(
                    with_flipped_bits(bytes, random, directory, bytes.size() - directory));
                QVERIFY2(error == "no error" || is_one_sentence(error), error.c_str());
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestHostileFiles)
#include "tst_hostile_files.moc"
