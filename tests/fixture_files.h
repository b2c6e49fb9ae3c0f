// The fixtures, and small files made from them for the tests to feed.
#pragma once

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <cstring>
#include <vector>

inline QString fixture(const QString& name)
{
    return QString(MATMAMBA_FIXTURES "/") + name;
}

inline QJsonObject readJson(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object()
                                          : QJsonObject();
}

inline void writeFile(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    QVERIFY2(file.open(QIODevice::WriteOnly), qPrintable(path));
    QCOMPARE(file.write(bytes), bytes.size());
}

/// The tensor "ids" (rows, tokens) int32 of an expected.safetensors.
struct Ids {
    int rows = 0;
    int tokens = 0;
    std::vector<std::int32_t> values;
};

inline Ids readIds(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray bytes = file.readAll();
    quint64 headerBytes = 0;
    std::memcpy(&headerBytes, bytes.constData(), sizeof headerBytes);
    const QJsonObject header
        = QJsonDocument::fromJson(bytes.mid(8, static_cast<int>(headerBytes))).object();
    const QJsonObject entry = header["ids"].toObject();
    Ids ids;
    ids.rows = entry["shape"].toArray()[0].toInt();
    ids.tokens = entry["shape"].toArray()[1].toInt();
    ids.values.resize(static_cast<std::size_t>(ids.rows) * static_cast<std::size_t>(ids.tokens));
    const auto begin
        = 8 + static_cast<qsizetype>(headerBytes) + entry["data_offsets"].toArray()[0].toInt();
    std::memcpy(ids.values.data(), bytes.constData() + begin,
                ids.values.size() * sizeof ids.values[0]);
    return ids;
}

inline QByteArray tokenShard(const std::vector<std::int32_t>& ids)
{
    std::vector<std::int32_t> header(256, 0);
    header[0] = 20240520;
    header[1] = 1;
    header[2] = static_cast<std::int32_t>(ids.size());
    QByteArray bytes(reinterpret_cast<const char*>(header.data()), 1024);
    for (const std::int32_t id : ids) {
        const auto token = static_cast<std::uint16_t>(id);
        bytes.append(reinterpret_cast<const char*>(&token), sizeof token);
    }
    return bytes;
}

inline QString joined(const QJsonArray& heads)
{
    QStringList words;
    for (const QJsonValue& value : heads)
        words << QString::number(value.toInt());
    return words.join(',');
}

/// Copies the model `name` into `folder` and puts a tokenizer beside it, one token per printable
/// character.
inline QString modelWithTokenizer(const QString& name, const QString& folder)
{
    QDir().mkpath(folder);
    const QDir model(fixture(name));
    for (const QString& file : model.entryList(QDir::Files))
        QFile::copy(model.filePath(file), folder + "/" + file);
    QJsonObject vocabulary; // byte-level tokenizers write the space as U+0120
    for (int character = ' '; character <= '~'; ++character)
        vocabulary[character == ' ' ? QString(QChar(0x120)) : QString(QChar(character))]
            = character - ' ';
    writeFile(folder + "/vocab.json", QJsonDocument(vocabulary).toJson());
    writeFile(folder + "/merges.txt", "#version: 0.2\n");
    return folder;
}
