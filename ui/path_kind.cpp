#include "ui/path_kind.h"

#include <QDir>
#include <QFileInfo>
#include <QMimeDatabase>

#include "ui/project.h"

namespace matmamba
{

PathKind kindOfPath(const QString& path)
{
    const QFileInfo file(path);
    if (file.isDir())
        return QDir(path).exists("config.json") ? PathKind::Model : PathKind::Data;
    const QString suffix = file.suffix().toLower();
    if (suffix == kProjectSuffix)
        return PathKind::Project;
    if (suffix == "safetensors" || suffix == "pt" || suffix == "json")
        return PathKind::Model;
    // A .bin is a torch file, a CIFAR batch or a token shard: weights have their config beside
    // them.
    if (suffix == "bin")
        return file.dir().exists("config.json") ? PathKind::Model : PathKind::Data;
    const QMimeType type = QMimeDatabase().mimeTypeForFile(file, QMimeDatabase::MatchExtension);
    return type.name().startsWith("image/") ? PathKind::Picture : PathKind::Data;
}

} // namespace matmamba
