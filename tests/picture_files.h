// What the tests of pictures share: files made on the spot, and pictures compared with Qt's.
#pragma once

#include <QImage>
#include <QtTest>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/data/pictures.h"
#include "tests/error_of.h"

namespace matmamba
{

inline void write_bytes(const std::filesystem::path& file, const std::string& bytes)
{
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
}

/// A picture without two equal neighbours.
inline QImage painted(int width, int height, QImage::Format format = QImage::Format_RGB888)
{
    QImage image(width, height, format);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            image.setPixelColor(x, y, QColor((x * 40) & 255, (y * 60) & 255, (x * y * 9) & 255));
    return image;
}

inline void save(const std::filesystem::path& file, const QImage& image,
                 const char* format = nullptr)
{
    std::filesystem::create_directories(file.parent_path());
    QVERIFY(image.save(QString::fromStdString(file.string()), format, 100));
}

inline void compare(const Picture& picture, const QImage& expected)
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

inline quint32 crc32(const std::string& bytes)
{
    quint32 sum = 0xffffffff;
    for (const char byte : bytes) {
        sum ^= static_cast<uchar>(byte);
        for (int bit = 0; bit < 8; ++bit)
            sum = sum & 1 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
    }
    return ~sum;
}

} // namespace matmamba
