// Pictures on their way to the engine: decoded off the window's thread, with a thumbnail.
#pragma once

#include <QImage>
#include <QString>

#include "engine/data/pictures.h"

namespace matmamba
{

struct DecodedPicture {
    Picture picture;
    QImage thumbnail; ///< at most twice kThumbnail on its longer side
    QString error; ///< a sentence, or "" for success
};

inline constexpr int kThumbnail = 160; ///< edge on the screen, pixels

// Any thread; each blocks while it decodes.
DecodedPicture decodeFile(const QString& file);
DecodedPicture convertImage(const QImage& image);
QImage thumbnailOf(const Picture& picture);

} // namespace matmamba
