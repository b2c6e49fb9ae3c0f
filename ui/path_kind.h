// What a dropped or named path is meant as: a model, data, or a picture to classify.
#pragma once

#include <QString>

namespace matmamba
{

enum class PathKind { Model, Data, Picture };

/// A folder with config.json and a weights file are models; other folders, texts and token shards
/// are data; what looks like an image is a picture. Looks at names only, opens nothing.
PathKind kindOfPath(const QString& path);

} // namespace matmamba
