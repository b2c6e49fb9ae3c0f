#include "ui/decoded_picture.h"

#include <cstring>

#include "engine/engine_library.h"
#include "engine/sentences.h"

namespace matmamba
{

QImage thumbnailOf(const Picture& picture)
{
    const QImage image(picture.rgb.data(), picture.width, picture.height,
                       qsizetype(picture.width) * 3, QImage::Format_RGB888);
    // Pixels of a tiny picture stay squares; a photograph is made smooth.
    const bool tiny = std::max(picture.width, picture.height) < kThumbnail / 2;
    return image.scaled(kThumbnail * 2, kThumbnail * 2, Qt::KeepAspectRatio,
                        tiny ? Qt::FastTransformation : Qt::SmoothTransformation);
}

DecodedPicture decodeFile(const QString& file)
{
    DecodedPicture decoded;
    try {
        decoded.picture = load_picture_by_engine(file.toStdString());
    } catch (const std::exception& error) {
        decoded.error = QString::fromStdString(sentence_of(error));
        return decoded;
    }
    decoded.thumbnail = thumbnailOf(decoded.picture);
    return decoded;
}

DecodedPicture convertImage(const QImage& image)
{
    const QImage rgb = image.convertToFormat(QImage::Format_RGB888);
    DecodedPicture decoded;
    Picture& picture = decoded.picture;
    picture.width = rgb.width();
    picture.height = rgb.height();
    const std::size_t rowBytes
        = std::size_t(rgb.width()) * 3; // QImage pads its rows, Picture does not
    picture.rgb.resize(rowBytes * std::size_t(rgb.height()));
    for (int y = 0; y < rgb.height(); ++y)
        std::memcpy(picture.rgb.data() + y * rowBytes, rgb.constScanLine(y), rowBytes);
    decoded.thumbnail = thumbnailOf(picture);
    return decoded;
}

} // namespace matmamba
