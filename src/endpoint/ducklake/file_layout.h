// Private to endpoint/ducklake: which columns a data file has. Its first snapshot does not tell:
// the extension rewrites files of before a change of columns with the columns of then, and one
// transaction may write files before and after it alters a table.
#pragma once

#include "engine/engine.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

// Sets LakeFile::layout of the table's files by the names and field numbers in the files
// themselves, where the table's columns were changed at all. A file without numbers keeps what the
// catalog says.
Status find_layouts(LakeTable& table, Engine& engine);

}  // namespace sluice::ducklake
