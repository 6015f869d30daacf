#include "evolve/scripts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"

namespace sluice::evolve {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUp = ".up.sql";
constexpr std::string_view kDown = ".down.sql";
constexpr std::string_view kWithoutTransaction = "-- sluice: no transaction";
constexpr std::size_t kVersionDigits = 4;  // of files that new_script() makes
constexpr std::size_t kNameBytesMax = 200;

struct FileName {
  SchemaVersion version = 0;
  std::string name;
  bool is_up = false;
};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

std::optional<FileName> parse_name(std::string_view file) {
  FileName out;
  out.is_up = file.ends_with(kUp);
  if (!out.is_up && !file.ends_with(kDown)) return std::nullopt;
  file.remove_suffix(out.is_up ? kUp.size() : kDown.size());
  const auto [end, code] = std::from_chars(file.data(), file.data() + file.size(), out.version);
  const auto digits = static_cast<std::size_t>(end - file.data());
  if (code != std::errc() || out.version <= 0 || digits >= file.size() || file[digits] != '_') {
    return std::nullopt;
  }
  out.name = file.substr(digits + 1);
  if (!is_name(out.name)) return std::nullopt;
  return out;
}

Error script_error(const fs::path& file, const std::string& what) {
  return Error(ErrorKind::kInvalid, fmt::format("\"{}\": {}", file.string(), what))
      .about(file.string());
}

Result<std::vector<fs::path>> list(const fs::path& folder) {
  std::error_code code;
  std::vector<fs::path> out;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    if (at->path().extension() == ".sql") out.push_back(at->path());
  }
  if (code == std::errc::no_such_file_or_directory) {
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("there is no folder \"{}\"", folder.string()))
            .about(folder.string())
            .advise("`sluice evolve new NAME --dir DIR` makes it with a first script"));
  }
  if (code) return fail(errno_error(code.value(), "read", folder));
  std::sort(out.begin(), out.end());
  return out;
}

Result<ScriptText> read_script(const fs::path& file, const SqlWords& words) {
  ScriptText out;
  out.file = file;
  TRY_ASSIGN(const std::string text, read_file(file));
  if (!is_valid_utf8(text)) return fail(script_error(file, "is no UTF-8 text"));
  out.checksum = sha256_hex(text);
  out.without_transaction = text.starts_with(kWithoutTransaction);
  auto statements = split_script(text, words);
  if (!statements) return fail(script_error(file, statements.error().message));
  out.statements = *std::move(statements);
  return out;
}

Status check_sequence(const Scripts& scripts, const fs::path& folder) {
  SchemaVersion expected = scripts.empty() ? 0 : scripts.begin()->first;
  for (const auto& [version, script] : scripts) {
    if (script.up.file.empty()) {
      return fail(script_error(script.down->file, "undoes a script that is not there")
                      .advise(fmt::format("add {}_{}{}", version, script.name, kUp)));
    }
    if (version != expected) {
      return fail(Error(ErrorKind::kInvalid,
                        fmt::format("folder \"{}\" has a gap: version {} comes after {}",
                                    folder.string(), version, expected - 1))
                      .about(folder.string())
                      .advise(fmt::format("add the script of version {}, or number the later ones "
                                          "again where no database has them yet",
                                          expected)));
    }
    ++expected;
  }
  return {};
}

}  // namespace

Result<Scripts> read_scripts(const fs::path& folder, const SqlWords& words) {
  Scripts out;
  TRY_ASSIGN(const auto files, list(folder));
  for (const fs::path& file : files) {
    const auto name = parse_name(file.filename().string());
    if (!name) {
      return fail(script_error(file, "is not called like NNNN_name.up.sql or NNNN_name.down.sql"));
    }
    Script& script = out[name->version];
    if (!script.name.empty() && script.name != name->name) {
      return fail(script_error(
          file, fmt::format("version {} is \"{}\" already", name->version, script.name)));
    }
    script.version = name->version;
    script.name = name->name;
    TRY_ASSIGN(ScriptText text, read_script(file, words));
    if (name->is_up ? !script.up.file.empty() : script.down.has_value()) {
      return fail(
          script_error(file, fmt::format("is a second script of version {}", name->version)));
    }
    if (name->is_up) {
      script.up = std::move(text);
    } else {
      script.down = std::move(text);
    }
  }
  TRY(check_sequence(out, folder));
  return out;
}

Result<std::vector<fs::path>> new_script(const fs::path& folder, const std::string& name) {
  if (!is_name(name)) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("\"{}\" cannot be the name of a script: letters, digits, _ and - "
                                  "are",
                                  name)));
  }
  TRY(make_folders(folder));
  SchemaVersion newest = 0;
  TRY_ASSIGN(const auto files, list(folder));
  for (const fs::path& file : files) {
    const auto parsed = parse_name(file.filename().string());
    if (parsed) newest = std::max(newest, parsed->version);
  }
  const std::string stem = fmt::format("{:0{}}_{}", newest + 1, kVersionDigits, name);
  std::vector<fs::path> out = {folder / (stem + std::string(kUp)),
                               folder / (stem + std::string(kDown))};
  TRY(write_file_atomically(out[0],
                            fmt::format("-- {}: what changes. Runs in one transaction where the "
                                        "system can undo all of it.\n",
                                        stem)));
  TRY(write_file_atomically(out[1], fmt::format("-- {}: what undoes it.\n", stem)));
  return out;
}

}  // namespace sluice::evolve
