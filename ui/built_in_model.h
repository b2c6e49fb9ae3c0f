// A model that comes with the program, as File → Built-in models offers it.
#pragma once

#include <QString>

namespace matmamba
{

struct BuiltInModel {
    QString folder;
    QString what; ///< what a menu says of it
    QString data; ///< the made data that it was trained for ("shapes", "tales"); "" if none
};

} // namespace matmamba
