// Which part of a data set is meant.
#pragma once

namespace matmamba
{

/// Made data have three disjoint splits; files with two parts validate on their test part.
enum class Split { Train, Validation, Test };

} // namespace matmamba
