#include "ui/path_kind.h"

#include <QCollator>
#include <QDir>
#include <QFileInfo>
#include <QMimeDatabase>

#include "ui/language.h"
#include "ui/project.h"

namespace matmamba
{

namespace
{

bool isPicture(const QFileInfo& file)
{
    const QMimeType type = QMimeDatabase().mimeTypeForFile(file, QMimeDatabase::MatchExtension);
    return type.name().startsWith("image/");
}

} // namespace

PathKind kindOfPath(const QString& path)
{
    const QFileInfo file(path);
    if (file.isDir())
        return QDir(path).exists("config.json") ? PathKind::Model : PathKind::Data;
    const QString suffix = file.suffix().toLower();
    if (suffix == kProjectSuffix)
        return PathKind::Project;
    // A model's own .json are its configuration and the index of its weights.
    if (suffix == "json" && file.fileName() != "config.json"
        && !file.fileName().endsWith(".index.json"))
        return PathKind::Plan;
    if (suffix == "safetensors" || suffix == "pt" || suffix == "json")
        return PathKind::Model;
    // A .bin is a torch file, a CIFAR batch or a token shard: weights have their config beside
    // them.
    if (suffix == "bin")
        return file.dir().exists("config.json") ? PathKind::Model : PathKind::Data;
    return isPicture(file) ? PathKind::Picture : PathKind::Data;
}

QStringList unlabelledPictures(const QString& folder)
{
    const QDir directory(folder);
    if (!directory.entryList(QDir::Dirs | QDir::NoDotAndDotDot).isEmpty())
        return {};
    QStringList names;
    for (const QString& name : directory.entryList(QDir::Files, QDir::Unsorted))
        if (isPicture(QFileInfo(name)))
            names << name;
    QCollator order(numberLocale()); // in the locale "C" there would be no numeric mode
    order.setNumericMode(true); // 2.png before 10.png
    std::sort(names.begin(), names.end(), order);
    for (QString& name : names)
        name = directory.filePath(name);
    return names;
}

} // namespace matmamba
