// Checkpoints of every form as they are meant to be: opened, and our own files written and read.
#include <QTemporaryDir>
#include <QtTest>
#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/files/checkpoint.h"
#include "engine/files/safetensors.h"
#include "engine/files/text_file.h"
#include "made_files.h"
#include "tests/error_of.h"

using namespace matmamba;
namespace fs = std::filesystem;

namespace
{

/// Element `index` as a number; data may be unaligned.
double value_of(const StoredTensor& tensor, std::int64_t index)
{
    const std::byte* at = tensor.data + index * bytes_of(tensor.type);
    if (tensor.type == StoredType::F32) {
        float value = 0;
        std::memcpy(&value, at, 4);
        return value;
    }
    std::uint16_t bits = 0;
    std::memcpy(&bits, at, 2);
    if (tensor.type == StoredType::BF16) {
        const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
        float value = 0;
        std::memcpy(&value, &wide, 4);
        return value;
    }
    return static_cast<double>(qfloat16(*reinterpret_cast<const qfloat16*>(&bits)));
}

double first(const StoredTensor& tensor)
{
    return value_of(tensor, 0);
}

double last(const StoredTensor& tensor)
{
    return value_of(tensor, tensor.count() - 1);
}

} // namespace

class TestCheckpoint : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    fs::path path(const std::string& name) const
    {
        return fs::path(m_folder.path().toStdString()) / name;
    }

    fs::path new_folder(const std::string& name) const
    {
        fs::remove_all(path(name));
        fs::create_directories(path(name));
        return path(name);
    }

    /// A folder with a config.json and the given files.
    fs::path model(const std::map<std::string, std::string>& files) const
    {
        const fs::path folder = new_folder("model");
        made::write(folder / "config.json", R"({"d_model": 64, "n_layer": 1, "vocab_size": 8})");
        for (const auto& [name, bytes] : files)
            made::write(folder / name, bytes);
        return folder;
    }

    static std::string shard(const std::vector<std::string>& names)
    {
        std::vector<std::string> entries;
        for (const std::string& name : names) {
            entries.push_back(made::text(name));
            entries.push_back(made::tensor({}));
        }
        return made::torch_file(made::pickle(made::dict(entries)));
    }

    /// The tensors of a pickled value, with six floats as storage 0.
    std::map<std::string, StoredTensor> read(const std::string& pickled) const
    {
        made::write(path("file.bin"), made::torch_file(pickled));
        return read_weights_file(path("file.bin"));
    }

private slots:
    void initTestCase() { QVERIFY(m_folder.isValid()); }

    void checkpointsOpenWithTheirValues_data()
    {
        QTest::addColumn<int>("tensors");
        QTest::addColumn<int>("rows"); // of layer 0's in_proj
        QTest::addColumn<double>("firstValue");
        QTest::addColumn<double>("lastValue");
        QTest::addColumn<QString>("type");
        const auto row = [](const char* name, int tensors, int rows, double first, double last,
                            const char* type) {
            QTest::newRow(name) << tensors << rows << first << last << QString(type);
        };
        // Read with torch itself.
        row("lm-tiny", 21, 352, 0.0313265398144722, 0.11226725578308105, "float32");
        row("lm-tiny-sharded", 20, 576, -0.12890625, 0.0250244140625, "bfloat16");
        row("vision-tiny", 28, 352, -0.04144287109375, 0.006805419921875, "float16");
        row("vision-tiny-avg", 28, 352, 0.23974609375, -0.053619384765625, "float16");
        row("lm-d64-bin", 30, 576, -0.003694861428812146, 0.00804296787828207, "float32");
        row("lm-d96-f16", 20, 704, -0.0042266845703125, -0.049346923828125, "float16");
        row("lm-d128-sharded", 30, 832, 0.07368196547031403, 0.15437810122966766, "float32");
        row("lm-d256-prefixed", 21, 1344, 0.001922607421875, -0.07275390625, "bfloat16");
        row("lm-d768-bf16", 11, 3392, 0.0198974609375, 0.01416015625, "bfloat16");
        row("vision-d64-bin", 38, 576, 0.09090688824653625, -0.05505036562681198, "float32");
        row("vision-d128-avg", 28, 832, -0.08864013850688934, -0.10186212509870529, "float32");
        row("vision-d512-224", 18, 2368, -0.0252685546875, -0.028564453125, "bfloat16");
    }

    void checkpointsOpenWithTheirValues()
    {
        QFETCH(int, tensors);
        QFETCH(int, rows);
        QFETCH(double, firstValue);
        QFETCH(double, lastValue);
        QFETCH(QString, type);
        const std::string name = QTest::currentDataTag();
        const bool is_fixture = name.find("tiny") != std::string::npos;
        const fs::path folder
            = fs::path(is_fixture ? MATMAMBA_FIXTURES : MATMAMBA_SHARED "/goldens") / name;
        if (!is_fixture && !fs::exists(folder))
            QSKIP("the shared goldens are not on this machine");
        const Checkpoint checkpoint = open_checkpoint(folder);
        QCOMPARE(checkpoint.model_name, name);
        QCOMPARE(checkpoint.folder, folder);
        QVERIFY((checkpoint.config.kind == ModelKind::Language) == name.starts_with("lm-"));
        QCOMPARE(checkpoint.tensors.size(), static_cast<std::size_t>(tensors));
        const std::string root = name.starts_with("lm-") ? "backbone.layers." : "layers.";
        const StoredTensor& in_proj = checkpoint.tensors.at(root + "0.mixer.in_proj.weight");
        const std::vector<std::int64_t> shape = {rows, checkpoint.config.d_model};
        QVERIFY(in_proj.shape == shape);
        QCOMPARE(in_proj.size_bytes,
                 static_cast<std::size_t>(in_proj.count() * bytes_of(in_proj.type)));
        QCOMPARE(first(in_proj), firstValue);
        QCOMPARE(last(in_proj), lastValue);
        QCOMPARE(QString(name_of(in_proj.type)), type);
        std::int64_t bytes = 0;
        for (const auto& [tensor, stored] : checkpoint.tensors)
            bytes += tensor == "lm_head.weight" ? 0 : static_cast<std::int64_t>(stored.size_bytes);
        QVERIFY(checkpoint.file_bytes > bytes && checkpoint.file_bytes < bytes + 40'000);
    }

    void filesOfAFolderOpenLikeTheFolder()
    {
        const fs::path fixtures = MATMAMBA_FIXTURES;
        for (const char* file :
             {"lm-tiny/pytorch_model.bin", "lm-tiny/config.json", "lm-tiny/",
              "lm-tiny-sharded/pytorch_model.bin.index.json", "vision-tiny/model.safetensors"}) {
            const Checkpoint one = open_checkpoint(fixtures / file);
            const Checkpoint whole = open_checkpoint((fixtures / file).parent_path());
            QCOMPARE(one.weights, whole.weights);
            QCOMPARE(one.model_name, whole.model_name);
            QCOMPARE(one.tensors.size(), whole.tensors.size());
            QCOMPARE(one.file_bytes, whole.file_bytes);
        }
    }

    void whatIsNoCheckpointSaysWhatIsMissing()
    {
        const auto of
            = [](const fs::path& path) { return error_of([&] { open_checkpoint(path); }); };
        QVERIFY(of("/no/such/model").find("/no/such/model does not exist") == 0);
        QVERIFY(of(new_folder("empty")).find("no config.json") != std::string::npos);
        QVERIFY(of(model({})).find("model.safetensors") != std::string::npos);
        QVERIFY(of(model({{"model.safetensors", ""}})).find("is empty") != std::string::npos);
        QVERIFY(of(model({{"pytorch_model.bin", "weights, honestly"}})).find("is no weights file")
                != std::string::npos);
        QVERIFY(of(model({{"pytorch_model.bin", "version https://git-lfs.github.com/spec/v1\n"}}))
                    .find("git lfs pull")
                != std::string::npos);
        const std::string legacy("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\x02M", 18);
        QVERIFY(of(model({{"pytorch_model.bin", legacy}})).find("before version 1.6")
                != std::string::npos);
        const fs::path folder = model({});
        fs::create_directory(folder / "model.safetensors");
        QVERIFY(of(folder).find("no regular file") != std::string::npos);
        fs::remove(folder / "model.safetensors");
        QCOMPARE(::mkfifo((folder / "model.safetensors").c_str(), 0600), 0);
        QVERIFY(of(folder).find("no regular file") != std::string::npos);
    }

    void tiedTensorsShareTheirBytes()
    {
        const Checkpoint checkpoint = open_checkpoint(fs::path(MATMAMBA_FIXTURES) / "lm-tiny");
        QCOMPARE(static_cast<const void*>(checkpoint.tensors.at("lm_head.weight").data),
                 static_cast<const void*>(checkpoint.tensors.at("backbone.embedding.weight").data));
    }

    void tensorsOutliveTheirCheckpoint()
    {
        StoredTensor kept;
        {
            made::write(path("kept.bin"), made::torch_file(made::one_tensor()));
            kept = read_weights_file(path("kept.bin")).at("w");
            fs::remove(path("kept.bin")); // the mapping holds it
        }
        QCOMPARE(first(kept), 1.0);
        QCOMPARE(last(kept), 6.0);
    }

    void prefixesAreStrippedInAnyOrderAndNumber()
    {
        const auto names = [&](const std::string& name) {
            const Checkpoint opened
                = open_checkpoint(model({{"pytorch_model.bin", shard({name})}}));
            return opened.tensors.begin()->first;
        };
        QCOMPARE(names("module.w"), std::string("w"));
        QCOMPARE(names("_orig_mod.module.w"), std::string("w"));
        QCOMPARE(names("module._orig_mod.module.w"), std::string("w"));
        QCOMPARE(names("layers.module.w"), std::string("layers.module.w"));
        const std::string error = error_of([&] {
            open_checkpoint(model({{"pytorch_model.bin", shard({"w", "module.w"})}}));
        });
        QVERIFY2(error.find("tensor w with a prefix and without") != std::string::npos,
                 error.c_str());
    }

    void offsetsAndViewsOfAStorageAreFollowed()
    {
        const auto tensors = read(made::pickle(made::dict(
            {made::text("whole"), made::tensor({}), made::text("row"),
             made::tensor({.offset = 3, .shape = {1, 3}, .strides = {77, 1}}), made::text("scalar"),
             made::tensor({.offset = 5, .shape = {}, .strides = {}}), made::text("nothing"),
             made::tensor({.offset = 6, .shape = {0, 3}, .strides = {3, 1}})})));
        QCOMPARE(first(tensors.at("row")), 4.0);
        QCOMPARE(last(tensors.at("row")), 6.0);
        QCOMPARE(first(tensors.at("scalar")), 6.0);
        QCOMPARE(tensors.at("nothing").count(), std::int64_t(0));
    }

    void otherPicklesOfTheSameAreRead()
    {
        // An OrderedDict with attributes, a Parameter, an inner state_dict among other things.
        const std::string ordered = made::global("collections", "OrderedDict") + ")R("
            + made::text("w") + made::tensor({}) + "u" + made::dict({made::text("_metadata"), "}"})
            + "b";
        const std::string parameter = made::global("torch._utils", "_rebuild_parameter")
            + made::tuple({made::tensor({}), "\x88", made::hooks()}) + "R";
        const std::string training = made::dict(
            {made::text("epoch"), "K\x07", made::text("lr"), "G\x3f\xb9zzzzzz", made::text("names"),
             "](" + made::text("a") + "Ne", made::text("state_dict"), ordered});
        for (const std::string& value :
             {ordered, made::dict({made::text("w"), parameter}), training}) {
            const auto tensors = read(made::pickle(value));
            QCOMPARE(tensors.size(), std::size_t(1));
            QCOMPARE(last(tensors.at("w")), 6.0);
        }
    }

    void protocol4IsRead()
    {
        const auto word = [](const std::string& text) {
            return "\x8c" + made::number(static_cast<std::uint8_t>(text.size())) + text;
        };
        const auto global = [&](const char* module, const char* name) {
            return word(module) + "\x94" + word(name) + "\x94\x93";
        };
        const std::string storage = "(" + word("storage") + global("torch", "FloatStorage")
            + word("0") + word("cpu") + "K\x06tQ";
        const std::string value = "}(" + word("w") + global("torch._utils", "_rebuild_tensor_v2")
            + "(" + storage + "K\x01K\x05\x85K\x01\x85\x89" + global("collections", "OrderedDict")
            + ")RtRu.";
        const std::string framed
            = "\x80\x04\x95" + made::number(static_cast<std::uint64_t>(value.size())) + value;
        const auto tensors = read(framed);
        QCOMPARE(first(tensors.at("w")), 2.0);
        QCOMPARE(tensors.at("w").count(), std::int64_t(5));
    }

    void zip64ArchivesAreRead()
    {
        const std::string bytes = made::zip({{.name = "a/data.pkl", .bytes = made::one_tensor()},
                                             {.name = "a/data/0", .bytes = made::six_floats()}},
                                            /*zip64=*/true);
        made::write(path("big.pt"), bytes);
        QCOMPARE(last(read_weights_file(path("big.pt")).at("w")), 6.0);
    }

    void shardsComeTogetherOrSayWhatIsWrong()
    {
        const auto open = [&](const std::string& weight_map) {
            return open_checkpoint(
                model({{"pytorch_model-1.bin", shard({"a", "b"})},
                       {"pytorch_model-2.bin", shard({"c"})},
                       {"pytorch_model.bin.index.json", "{\"weight_map\": " + weight_map + "}"}}));
        };
        const std::string ab = R"("a": "pytorch_model-1.bin", "b": "pytorch_model-1.bin")";
        const Checkpoint whole = open("{" + ab + R"(, "c": "pytorch_model-2.bin"})");
        QCOMPARE(whole.tensors.size(), std::size_t(3));
        const auto complaint = [&](const std::string& weight_map, const char* expected) {
            const std::string error = error_of([&] { open(weight_map); });
            if (error.find(expected) == std::string::npos)
                qWarning("%s", error.c_str());
            return error.find(expected) != std::string::npos;
        };
        QVERIFY(complaint("[]", "weight_map"));
        QVERIFY(complaint("{" + ab + R"(, "c": "pytorch_model-3.bin"})", "no such file"));
        QVERIFY(complaint("{" + ab + R"(, "d": "pytorch_model-2.bin"})", "does not have it"));
        QVERIFY(complaint(R"({"a": "pytorch_model-1.bin"})", "tensor b that"));
        for (const char* outside : {"\"../x\"", "\"/etc/passwd\"", "\"sub/x\"", "\"..\"", "\"\"",
                                    "3", "null", "\"a\\u0000b\""})
            QVERIFY(complaint("{\"a\": " + std::string(outside) + "}", "in the same folder"));
        QCOMPARE(open("{}").tensors.size(), std::size_t(0));
    }

    void safetensorsAreReadBackAsWritten()
    {
        const std::vector<float> floats = {1.5f, -2.0f, 3.25f};
        const std::vector<std::uint16_t> halves = {0x3c00, 0xc000}; // 1, -2 as float16
        const std::vector<std::uint16_t> brains = {0x3f80}; // 1 as bfloat16
        const auto bytes = [](const auto& values) { return std::as_bytes(std::span(values)); };
        const fs::path file = path("written.safetensors");
        write_safetensors(
            file,
            {{"brain", StoredType::BF16, {1, 1}, {bytes(brains)}},
             {"half", StoredType::F16, {2}, {bytes(halves)}},
             {"none", StoredType::F16, {0, 4}, {}},
             {"float", StoredType::F32, {3}, {bytes(floats).first(4), bytes(floats).subspan(4)}}},
            {{"format", "pt"}, {"note", "a \"quoted\" one"}});
        const auto tensors = read_safetensors(file);
        QCOMPARE(tensors.size(), std::size_t(4));
        QCOMPARE(first(tensors.at("brain")), 1.0);
        QCOMPARE(last(tensors.at("half")), -2.0);
        QCOMPARE(last(tensors.at("float")), 3.25);
        QVERIFY((tensors.at("none").shape == std::vector<std::int64_t>{0, 4}));
        const std::string written = made::read(file);
        std::uint64_t header = 0;
        std::memcpy(&header, written.data(), 8);
        QCOMPARE((8 + header) % 64, std::uint64_t(0));
        QCOMPARE(written.size(), 8 + header + 12 + 4 + 2);
        QVERIFY(written.find("\"format\":\"pt\"") != std::string::npos);
        for (const auto& [name, tensor] : tensors) // the mapping is aligned, so are they
            QCOMPARE(reinterpret_cast<std::uintptr_t>(tensor.data) % bytes_of(tensor.type),
                     std::uintptr_t(0));
    }

    void aFailedWriteLeavesTheOldFile()
    {
        const fs::path folder = new_folder("writes");
        const fs::path file = folder / "model.safetensors";
        const float one = 1;
        const TensorToWrite tensor
            = {"w", StoredType::F32, {1}, {std::as_bytes(std::span(&one, 1))}};
        write_safetensors(file, {tensor}, {});
        const std::string before = made::read(file);
        QVERIFY(error_of([&] { write_safetensors(file, {tensor, tensor}, {}); }) != "no error");
        const TensorToWrite too_short = {"w", StoredType::F32, {2}, tensor.parts};
        QVERIFY(error_of([&] { write_safetensors(file, {too_short}, {}); }).find("expected 8")
                != std::string::npos);
        QCOMPARE(made::read(file), before);
        QVERIFY(error_of([&] {
                    write_safetensors(folder / "no" / "m", {tensor}, {});
                }).find("No such file or directory")
                != std::string::npos);
        // A target that cannot be replaced: the temporary file beside it must go.
        fs::create_directories(folder / "taken" / "full");
        QVERIFY(error_of([&] { write_text_file(folder / "taken", "text"); }) != "no error");
        for (const auto& entry : fs::directory_iterator(folder))
            QVERIFY2(entry.path() == file || entry.path() == folder / "taken",
                     entry.path().c_str());
    }

    void textFilesAreReplacedAndLimited()
    {
        const fs::path file = path("notes.txt");
        write_text_file(file, "a longer first text");
        write_text_file(file, std::string_view("b\0c", 3));
        QCOMPARE(read_text_file(file), std::string("b\0c", 3));
        QCOMPARE(read_text_file(file, 3).size(), std::size_t(3));
        QVERIFY(error_of([&] { read_text_file(file, 2); }).find("larger") != std::string::npos);
        QVERIFY(error_of([&] { read_text_file(path("none")); }).find("No such file")
                != std::string::npos);
        QVERIFY(error_of([&] { read_text_file(path(".")); }).find("folder") != std::string::npos);
        QCOMPARE(read_text_file("/dev/null"), std::string());
    }
};

QTEST_GUILESS_MAIN(TestCheckpoint)
#include "tst_checkpoint.moc"
