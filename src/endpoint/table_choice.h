// Which tables somebody asked for by globs.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "model/table_name.h"

namespace sluice {

// Globs match "name" or "schema.name", in whatever case. None takes all tables.
class TableChoice {
 public:
  explicit TableChoice(std::vector<std::string> globs)
      : globs_(std::move(globs)), used_(globs_.size(), false) {}

  bool takes_all() const { return globs_.empty(); }

  bool takes(const TableName& name) {
    bool taken = globs_.empty();
    for (std::size_t i = 0; i < globs_.size(); ++i) {
      const std::string glob = to_lower(globs_[i]);
      if (!matches_glob(to_lower(name.name), glob) && !matches_glob(to_lower(name.display()), glob))
        continue;
      used_[i] = true;
      taken = true;
    }
    return taken;
  }

  // After takes() saw all tables. Errors: kNotFound for a glob that took none.
  Status check() const {
    for (std::size_t i = 0; i < globs_.size(); ++i) {
      if (used_[i]) continue;
      return fail(
          Error(ErrorKind::kNotFound, fmt::format("no table matches --table \"{}\"", globs_[i]))
              .about(globs_[i])
              .advise("`sluice inspect` lists the tables"));
    }
    return {};
  }

 private:
  std::vector<std::string> globs_;
  std::vector<bool> used_;
};

}  // namespace sluice
