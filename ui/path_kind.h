// What a dropped or named path is meant as: a model, data, a picture to classify, or a project.
#pragma once

#include <QString>

namespace matmamba
{

enum class PathKind { Model, Data, Picture, Project };

/// A folder with config.json and a weights file are models; other folders, texts and token shards
/// are data; what looks like an image is a picture. Looks at names only, opens nothing.
PathKind kindOfPath(const QString& path);

} // namespace matmamba
