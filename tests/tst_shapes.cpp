// Shapes: the same bytes every time, fair classes, separate splits, and forms that can be seen.
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <set>
#include <thread>

#include "engine/data/shapes.h"
#include "engine/data/shapes_draw.h"
#include "engine/data/shapes_scene.h"

using namespace matmamba;

namespace
{

constexpr Split kSplits[] = {Split::Train, Split::Validation, Split::Test};
constexpr std::int64_t kMany = std::int64_t{1} << 40;
constexpr int kPixels = kShapesSize * kShapesSize;

/// FNV-1a of the pixels.
std::uint64_t hash_of(const Picture& picture, std::uint64_t hash = 0xcbf29ce484222325u)
{
    for (const std::uint8_t byte : picture.rgb)
        hash = (hash ^ byte) * 0x100000001b3u;
    return hash;
}

std::vector<std::uint64_t> hashes_of(const PictureSet& set, int count)
{
    std::vector<std::uint64_t> hashes;
    for (int i = 0; i < count; ++i)
        hashes.push_back(hash_of(set.picture(i)));
    return hashes;
}

/// A class's form and texture alone: large, in the middle, black with a white pattern on grey.
ShapeScene bare_scene(int shape_class)
{
    ShapeScene scene{};
    scene.ground.colour = {0.5f, 0.5f, 0.5f};
    scene.ground.pattern = {ShapeTexture::Plain, {1, 0}, 6.0f, {0, 0}};
    scene.object.form = static_cast<ShapeForm>(shape_class / kShapeTextures);
    scene.object.centre = {31.5f, 31.5f};
    scene.object.radius = 24;
    scene.object.direction = {0.8f, 0.6f};
    scene.object.colour = {0, 0, 0};
    scene.object.pattern_colour = {1, 1, 1};
    const auto texture = static_cast<ShapeTexture>(shape_class % kShapeTextures);
    scene.object.pattern = {texture, {0.6f, 0.8f}, 4.0f, {0, 0}};
    scene.light_direction = {1, 0};
    return scene;
}

double sum(const std::vector<float>& values)
{
    double total = 0;
    for (const float value : values)
        total += value;
    return total;
}

/// How many pixels two pictures show clearly differently.
int different_pixels(const Picture& left, const Picture& right)
{
    int count = 0;
    for (int i = 0; i < kPixels; ++i) {
        int change = 0;
        for (int channel = 0; channel < 3; ++channel)
            change += std::abs(left.rgb[i * 3 + channel] - right.rgb[i * 3 + channel]);
        count += change > 36;
    }
    return count;
}

} // namespace

class TestShapes : public QObject
{
    Q_OBJECT

private slots:
    void picturesHaveTheirPinnedBytes();
    void nothingDependsOnTheCount();
    void threadsDrawTheSame();
    void splitsShareNoPicture();
    void classesAreBalancedInEveryPrefix();
    void orderOfClassesCannotBeGuessed();
    void picturesShowTheirLabel();
    void formsHaveTheirAreas_data();
    void formsHaveTheirAreas();
    void objectsCanBeSeen();
    void drawingIsFast();
};

void TestShapes::picturesHaveTheirPinnedBytes()
{
    QStringList hashes;
    for (const Split split : kSplits) {
        const auto set = make_shapes(split, 96);
        std::uint64_t hash = 0xcbf29ce484222325u;
        for (int index = 0; index < 96; ++index) {
            const Picture picture = set->picture(index);
            QCOMPARE(picture.width, kShapesSize);
            QCOMPARE(picture.height, kShapesSize);
            QCOMPARE(picture.rgb.size(), std::size_t{kPixels} * 3);
            hash = hash_of(picture, hash);
        }
        hashes << QString::number(hash, 16);
    }
    // Of train, validation and test; they change with kShapesDifficulty and with nothing else.
    QCOMPARE(hashes.join(' '), QString("2cd4111620bcf1b7 8e7f99c6a4e95ce6 6f49941f3f9c64fb"));
}

void TestShapes::nothingDependsOnTheCount()
{
    const auto few = make_shapes(Split::Test, kShapesTestPictures);
    const auto many = make_shapes(Split::Test, kMany);
    QCOMPARE(few->size(), kShapesTestPictures);
    QCOMPARE(many->size(), kMany);
    QVERIFY(few->picture(123).rgb == many->picture(123).rgb);
    QCOMPARE(few->label(123), many->label(123));
    QCOMPARE(few->name(123), std::string("test #123"));
    QCOMPARE(make_shapes(Split::Train, kMany)->name(kMany - 1),
             "train #" + std::to_string(kMany - 1));
    QVERIFY(many->picture(kMany - 1).rgb != many->picture(kMany - 2).rgb);
    QCOMPARE(make_shapes(Split::Validation, 0)->size(), std::int64_t{0});
}

void TestShapes::threadsDrawTheSame()
{
    const auto set = make_shapes(Split::Train, 200);
    const std::vector<std::uint64_t> alone = hashes_of(*set, 200);
    std::vector<std::uint64_t> together[4];
    std::vector<std::thread> threads;
    for (std::vector<std::uint64_t>& hashes : together)
        threads.emplace_back([&] { hashes = hashes_of(*set, 200); });
    for (std::thread& thread : threads)
        thread.join();
    for (const std::vector<std::uint64_t>& hashes : together)
        QVERIFY(hashes == alone);
}

void TestShapes::splitsShareNoPicture()
{
    std::set<std::uint64_t> seen;
    for (const Split split : kSplits)
        for (const std::uint64_t hash : hashes_of(*make_shapes(split, 4000), 4000))
            QVERIFY(seen.insert(hash).second);
    QCOMPARE(seen.size(), std::size_t{12'000});
}

void TestShapes::classesAreBalancedInEveryPrefix()
{
    for (const Split split : kSplits) {
        const auto set = make_shapes(split, kShapesTestPictures);
        std::vector<int> counts(set->class_names().size());
        for (int i = 0; i < set->size(); ++i) {
            ++counts.at(static_cast<std::size_t>(set->label(i)));
            const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
            QVERIFY(*most - *least <= 1);
        }
    }
}

void TestShapes::orderOfClassesCannotBeGuessed()
{
    // Each place of a run of classes has every class about equally often.
    const int runs = 4800;
    const auto set = make_shapes(Split::Train, runs * kShapeClasses);
    std::vector<int> counts(kShapeClasses * kShapeClasses);
    for (int i = 0; i < set->size(); ++i)
        ++counts[i % kShapeClasses * kShapeClasses + set->label(i)];
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    QVERIFY2(*least > 130 && *most < 270, qPrintable(QString("%1 … %2").arg(*least).arg(*most)));
}

void TestShapes::picturesShowTheirLabel()
{
    const auto set = make_shapes(Split::Validation, 240);
    const std::vector<std::string> forms
        = {"disc", "ring", "triangle", "square", "star", "cross", "crescent", "heart"};
    const std::vector<std::string> textures = {"plain", "striped", "dotted"};
    for (int i = 0; i < set->size(); ++i) {
        const ShapeScene scene = shape_scene(Split::Validation, i);
        QVERIFY(set->picture(i).rgb == draw_shape_scene(scene).rgb);
        const auto label = static_cast<std::size_t>(set->label(i));
        QCOMPARE(set->class_names().at(label),
                 forms.at(static_cast<std::size_t>(scene.object.form)) + ", "
                     + textures.at(static_cast<std::size_t>(scene.object.pattern.texture)));
    }
}

void TestShapes::formsHaveTheirAreas_data()
{
    QTest::addColumn<int>("shapeClass");
    QTest::addColumn<double>("area"); // of the form, by school geometry, for radius 1
    const double areas[] = {
        M_PI, // disc of radius 1
        M_PI * (1 - 0.52 * 0.52), // ring with a hole of radius 0.52
        3 * std::sqrt(3.0) * 0.54 * 0.54, // triangle about a circle of radius 0.54
        1.6 * 1.6, // square
        5 * 1.1 * 0.48 * std::sin(M_PI / 5), // ten triangles between centre, tip and corner
        4 * 0.64 - 0.64 * 0.64, // cross of two 2 x 0.64 bars
        1.5075, // crescent: the disc less its lens with one of 0.82 that lies 0.52 off
        4 * 0.58 * 0.58 + M_PI * 0.58 * 0.58, // heart: a square and two halves of a disc
    };
    const auto names = make_shapes(Split::Test, 1)->class_names();
    for (int i = 0; i < kShapeClasses; ++i)
        QTest::newRow(names[i].c_str()) << i << areas[i / kShapeTextures];
}

void TestShapes::formsHaveTheirAreas()
{
    QFETCH(int, shapeClass);
    QFETCH(double, area);
    const ShapeScene scene = bare_scene(shapeClass);
    const std::vector<float> visible = visible_object(scene);
    const double measured = sum(visible) / (24.0 * 24.0);
    QVERIFY2(std::abs(measured - area) < 0.015 * area,
             qPrintable(QString("%1, expected %2").arg(measured).arg(area)));
    // The pattern's share of the form: none, half, or a disc of radius 0.31 in each period.
    const double shares[] = {0, 0.5, M_PI * 0.31 * 0.31};
    const Picture picture = draw_shape_scene(scene);
    double white = 0, whole = 0;
    for (int i = 0; i < kPixels; ++i)
        if (visible[i] == 1) {
            white += picture.rgb[i * 3] / 255.0;
            whole += 1;
        }
    const double share = white / whole;
    QVERIFY2(std::abs(share - shares[shapeClass % kShapeTextures]) < 0.03,
             qPrintable(QString("%1 white").arg(share)));
    for (int i = 0; i < kPixels; ++i)
        if (visible[i] == 0)
            QCOMPARE(picture.rgb[i * 3], std::uint8_t{128});
}

void TestShapes::objectsCanBeSeen()
{
    double least_share = 1, least_clear = 1;
    int least_pixels = kPixels;
    for (int i = 0; i < 2400; ++i) {
        ShapeScene scene = shape_scene(Split::Test, i);
        const double shown = sum(visible_object(scene));
        scene.bits_in_front.clear();
        const double whole = sum(visible_object(scene));
        least_share = std::min(least_share, shown / whole);
        least_pixels = std::min(least_pixels, static_cast<int>(shown));
        const Picture with = draw_shape_scene(scene);
        scene.object.centre = {-1000, -1000};
        const Picture without = draw_shape_scene(scene);
        least_clear = std::min(least_clear, different_pixels(with, without) / whole);
    }
    qInfo("at least %d pixels of an object show, %.2f of it; %.2f of it differ from the ground",
          least_pixels, least_share, least_clear);
    QVERIFY(least_pixels >= 100);
    QVERIFY(least_share >= 1 - kShapesDifficulty.max_hidden - 1e-4);
    QVERIFY(least_clear >= 0.6);
}

void TestShapes::drawingIsFast()
{
    const auto set = make_shapes(Split::Train, 5000);
    std::uint64_t hash = 0;
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < 5000; ++i)
        hash += set->picture(i).rgb[i % kPixels];
    const double each_us = timer.nsecsElapsed() * 1e-3 / 5000;
    qInfo("%.1f us a picture (sum %llu)", each_us, static_cast<unsigned long long>(hash));
    // Far above the 60 us of an idle core: a sanitizer or a busy machine passes, drawing that has
    // become another order of work does not.
    QVERIFY(each_us < 3000);
}

QTEST_GUILESS_MAIN(TestShapes)
#include "tst_shapes.moc"
