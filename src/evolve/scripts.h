// The versioned scripts of a folder: NNNN_name.up.sql, and NNNN_name.down.sql which undoes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "evolve/split_script.h"

namespace sluice::evolve {

using SchemaVersion = std::int64_t;

struct ScriptText {
  std::filesystem::path file;
  std::string checksum;  // SHA-256 of its bytes
  std::vector<Statement> statements;
  // Its first line asks for it: "-- sluice: no transaction". Statements then commit one by one.
  bool without_transaction = false;
};

struct Script {
  SchemaVersion version = 0;
  std::string name;
  ScriptText up;
  std::optional<ScriptText> down;
};

using Scripts = std::map<SchemaVersion, Script>;

// Errors: kNotFound where there is no folder; kInvalid for a .sql file of another name, two of one
// version, a version that is left out, a down without an up, and what split_script() says.
Result<Scripts> read_scripts(const std::filesystem::path& folder, const SqlWords& words);

// Two new files behind the newest of `folder`, which is made where it is not there, for somebody to
// fill. Returns: their paths. Errors: kInvalid for a name of other letters than a-z, 0-9 and _.
Result<std::vector<std::filesystem::path>> new_script(const std::filesystem::path& folder,
                                                      const std::string& name);

}  // namespace sluice::evolve
