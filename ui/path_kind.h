// What a dropped or named path is meant as: a model, data, a picture to classify, or a project.
#pragma once

#include <QStringList>

namespace matmamba
{

enum class PathKind { Model, Plan, Data, Picture, Project };

/// A folder with config.json and a weights file are models; other folders, texts and token shards
/// are data; what looks like an image is a picture; a .json that is no part of a model is a plan.
/// Looks at names only, opens nothing.
PathKind kindOfPath(const QString& path);

/// The pictures of a folder that holds pictures without sub-folders, as people count their names:
/// pictures to classify, where a data set has a sub-folder for each class. Empty for any other
/// folder. Any thread; blocks.
QStringList unlabelledPictures(const QString& folder);

} // namespace matmamba
