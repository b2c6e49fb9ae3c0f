#include "ui/plan_file.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QObject>
#include <QSaveFile>

namespace matmamba
{

QString writePlanFile(const QString& file, const Plan& plan, const QString& modelName)
{
    QJsonArray heads;
    for (const int width : plan.heads)
        heads.append(width);
    const QJsonObject object{{"model", modelName}, {"heads", heads}};
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly) || out.write(QJsonDocument(object).toJson()) < 0
        || !out.commit())
        return QObject::tr("The plan could not be written to %1: %2.").arg(file, out.errorString());
    return {};
}

} // namespace matmamba
