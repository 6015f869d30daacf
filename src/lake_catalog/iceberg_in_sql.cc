#include "lake_catalog/iceberg_in_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/text.h"
#include "lake_catalog/ducklake_commit.h"
#include "store/retry.h"

namespace sluice {
namespace {

using iceberg::TableMetadata;

constexpr int kRacesMax = 50;  // of a batch: each one lost is somebody else's that landed
constexpr int kAskedMax = 6;

std::unexpected<Error> no_namespace(const std::string& space, const std::string& catalog) {
  return fail(
      Error(ErrorKind::kNotFound, fmt::format("there is no namespace \"{}\" in {}", space, catalog))
          .about(space));
}

Error no_table(const IcebergName& name, const std::string& catalog) {
  return Error(ErrorKind::kConflict,
               fmt::format("table \"{}\" is not in {} any more", name.text(), catalog))
      .about(name.text());
}

Error table_exists(const IcebergName& name, const std::string& catalog) {
  return Error(ErrorKind::kExists,
               fmt::format("there is a table \"{}\" in {} already", name.text(), catalog))
      .about(name.text());
}

// 13 for .../00012-UUID.metadata.json and .../v12.metadata.json.
int next_version(const std::string& metadata_location) {
  std::string_view name = metadata_location;
  name.remove_prefix(name.rfind('/') + 1);
  if (name.starts_with('v')) name.remove_prefix(1);
  int version = 0;
  std::size_t digits = 0;
  for (; digits < name.size() && digits < 9 && std::isdigit(name[digits]) != 0; ++digits) {
    version = version * 10 + (name[digits] - '0');
  }
  return digits == 0 ? 0 : version + 1;
}

std::string metadata_address(const TableMetadata& metadata, int version) {
  const auto path = metadata.properties.find("write.metadata.path");
  const std::string folder =
      path == metadata.properties.end() ? metadata.location + "/metadata" : path->second;
  return fmt::format("{}/{:05}-{}.metadata.json", folder, version, new_uuid());
}

// What other programs take for a part of an address needs no escape.
std::string plain_part(std::string text) {
  for (char& c : text) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
    if (!is_plain) c = '_';
  }
  return text;
}

bool is_gone(const Error& error) { return error.kind == ErrorKind::kNotFound; }

}  // namespace

IcebergInSql::IcebergInSql(std::unique_ptr<CatalogDatabase> database, OpenCatalogDatabase open,
                           IcebergInSqlOptions options)
    : open_(std::move(open)),
      options_(std::move(options)),
      files_(options_.s3, options_.cancel),
      display_(database->display()) {
  use(std::move(database));
}

void IcebergInSql::use(std::unique_ptr<CatalogDatabase> database) {
  rows_.reset();
  database_ = std::move(database);
  rows_.emplace(*database_, options_.catalog, options_.wait);
}

Result<std::map<std::string, std::string>> IcebergInSql::properties(const std::string& space) {
  TRY_ASSIGN(const auto spaces, rows_->namespaces());
  if (!std::binary_search(spaces.begin(), spaces.end(), space)) {
    return no_namespace(space, display_);
  }
  return rows_->properties(space);
}

Result<std::optional<IcebergTable>> IcebergInSql::load(const IcebergName& name) {
  std::string seen;
  while (true) {
    TRY_ASSIGN(const auto pointer, rows_->find(name));
    if (!pointer) return std::nullopt;
    const std::string& place = pointer->metadata_location;
    auto text = files_.read_metadata(place);
    // Others may have moved on and removed it in between.
    if (!text && is_gone(text.error()) && place != std::exchange(seen, place)) continue;
    if (!text) return fail(std::move(text.error()));
    TRY_ASSIGN(TableMetadata metadata, iceberg::parse_metadata(*text, place));
    return IcebergTable{name, place, std::move(metadata), options_.s3, false, std::nullopt};
  }
}

Result<std::string> IcebergInSql::folder_for(const IcebergName& name, const std::string& uuid) {
  TRY_ASSIGN(const auto properties, this->properties(name.space));
  const auto own = properties.find("location");
  std::string folder = own == properties.end() ? options_.warehouse : own->second;
  if (folder.empty()) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("{} does not say where the files of new tables are to be, for "
                                  "\"{}\" to be made",
                                  display_, name.text()))
                    .about(display_)
                    .advise("add warehouse=DIR or warehouse=s3://BUCKET/PREFIX to the location"));
  }
  while (folder.ends_with('/')) folder.pop_back();
  if (own == properties.end()) {
    for (const std::string& level : split(name.space, '.')) folder += "/" + plain_part(level);
  }
  // A table of the same name may have been here before, or be renamed and stay here.
  return folder + "/" + plain_part(name.table) + "-" + replace_all(uuid, "-", "");
}

Result<IcebergTable> IcebergInSql::stage(const IcebergName& name, const iceberg::NewTable& table) {
  TRY_ASSIGN(const auto found, rows_->find(name));
  if (found) return fail(table_exists(name, display_));
  iceberg::NewTable made = table;
  if (made.uuid.empty()) made.uuid = new_uuid();
  if (made.location.empty()) {
    TRY_ASSIGN(made.location, folder_for(name, made.uuid));
  }
  TRY_ASSIGN(TableMetadata metadata, iceberg::make_table(made, now_unix_ms()));
  return IcebergTable{name, "", std::move(metadata), options_.s3, false, std::nullopt};
}

Result<IcebergSwap> IcebergInSql::prepare(const IcebergChange& change,
                                          std::vector<std::string>& written) {
  TRY_ASSIGN(const auto current, load(change.name));
  if (change.create && current) return fail(table_exists(change.name, display_));
  if (!change.create && !current) return fail(no_table(change.name, display_));
  const TableMetadata& before = current ? current->metadata : *change.create;
  const std::string place = current ? current->metadata_location : "";
  auto after =
      iceberg::change_table(before, change.requirements, change.updates, {now_unix_ms(), place});
  if (!after) {
    after.error().message =
        fmt::format("table \"{}\": {}", change.name.text(), after.error().message);
    return fail(std::move(after.error()).about(change.name.text()));
  }
  IcebergSwap swap{change.name, std::nullopt, ""};
  if (current) swap.expected = place;
  swap.metadata_location = metadata_address(*after, current ? next_version(place) : 0);
  written.push_back(swap.metadata_location);
  crash_point();
  TRY(files_.write_new(swap.metadata_location, iceberg::write_metadata(*after)));
  crash_point();
  return swap;
}

void IcebergInSql::remove(const std::vector<std::string>& written) {
  // One that stays is read by nobody.
  for (const std::string& address : written) (void)files_.remove(address);
}

Result<IcebergCommitResult> IcebergInSql::commit(const std::vector<IcebergChange>& batch) {
  for (int races = 1;; ++races) {
    std::vector<std::string> written;
    std::vector<IcebergSwap> swaps;
    for (const IcebergChange& change : batch) {
      auto swap = prepare(change, written);
      if (swap) {
        swaps.push_back(std::move(*swap));
        continue;
      }
      remove(written);
      const ErrorKind kind = swap.error().kind;
      if (kind != ErrorKind::kConflict && kind != ErrorKind::kExists) return fail(swap.error());
      return IcebergCommitResult{CommitOutcome::kConflict, 0, std::move(swap.error())};
    }
    auto outcome = swap_once(swaps);
    if (!outcome || *outcome == CommitOutcome::kConflict) remove(written);
    if (!outcome) return fail(std::move(outcome.error()));
    if (*outcome == CommitOutcome::kCommitted)
      return IcebergCommitResult{*outcome, batch.size(), {}};
    if (*outcome == CommitOutcome::kConflict && races < kRacesMax) continue;
    const bool is_lost = *outcome == CommitOutcome::kConflict;
    return IcebergCommitResult{
        *outcome, 0,
        Error(is_lost ? ErrorKind::kConflict : ErrorKind::kTransient,
              is_lost ? fmt::format("others wrote to {} each time, {} times", display_, races)
                      : fmt::format("the connection to {} was lost while it committed, and it "
                                    "cannot be asked what became of it",
                                    display_))
            .about(display_)};
  }
}

Result<CommitOutcome> IcebergInSql::swap_once(const std::vector<IcebergSwap>& swaps) {
  if (swaps.empty()) return CommitOutcome::kCommitted;
  TRY_ASSIGN(const CommitOutcome outcome, rows_->commit_all(swaps));
  if (outcome != CommitOutcome::kUnknown) return outcome;
  // They are in one transaction: one of them tells of all.
  switch (ask_for(swaps.front())) {
    case Swapped::kYes:
      return CommitOutcome::kCommitted;
    case Swapped::kNo:
      return CommitOutcome::kConflict;
    case Swapped::kUnknown:
      break;
  }
  return CommitOutcome::kUnknown;
}

Result<IcebergInSql::Pointer> IcebergInSql::ask(const IcebergName& name) {
  RetryPolicy policy;
  policy.tries_max = kAskedMax;
  policy.cancel = options_.cancel;
  for (int tries = 1;; ++tries) {
    auto database = open_();
    if (database) {
      use(std::move(*database));
      auto found = rows_->find_settled(name);
      if (found || !wait_for_retry(policy, tries, 0)) return found;
    } else if (!wait_for_retry(policy, tries, 0)) {
      return fail(std::move(database.error()));
    }
  }
}

IcebergInSql::Swapped IcebergInSql::ask_for(const IcebergSwap& swap) {
  const auto found = ask(swap.name);
  if (!found) return Swapped::kUnknown;
  const std::string at = *found ? (*found)->metadata_location : "";
  if (at == swap.metadata_location) return Swapped::kYes;
  if (at == swap.expected.value_or("")) return Swapped::kNo;
  if (at.empty()) return Swapped::kUnknown;  // somebody dropped what was there, whatever it was
  // Others went on, from ours or from what was there before.
  const auto text = files_.read_metadata(at);
  if (!text) return Swapped::kUnknown;
  const auto metadata = iceberg::parse_metadata(*text, at);
  if (!metadata) return Swapped::kUnknown;
  for (const iceberg::MetadataLogEntry& entry : metadata->metadata_log) {
    if (entry.metadata_file == swap.metadata_location) return Swapped::kYes;
    if (swap.expected && entry.metadata_file == *swap.expected) {
      // The next one, or the current metadata, says whether it was ours.
      const bool is_last = &entry == &metadata->metadata_log.back();
      const std::string& next = is_last ? at : (&entry + 1)->metadata_file;
      return next == swap.metadata_location ? Swapped::kYes : Swapped::kNo;
    }
  }
  return Swapped::kUnknown;
}

Result<CommitOutcome> IcebergInSql::settle(const std::function<Result<CommitOutcome>()>& change,
                                           const std::function<Result<Swapped>()>& look) {
  for (int tries = 1;; ++tries) {
    TRY_ASSIGN(const CommitOutcome outcome, change());
    if (outcome != CommitOutcome::kUnknown) return outcome;
    const auto seen = look();
    if (seen && *seen == Swapped::kYes) return CommitOutcome::kCommitted;
    if (!seen || *seen == Swapped::kUnknown || tries == kAskedMax) return CommitOutcome::kUnknown;
  }
}

Result<CommitOutcome> IcebergInSql::drop(const IcebergTable& seen) {
  return settle([&] { return rows_->drop(seen.name, seen.metadata_location); },
                [&]() -> Result<Swapped> {
                  TRY_ASSIGN(const Pointer found, ask(seen.name));
                  const bool stays = found && found->metadata_location == seen.metadata_location;
                  return stays ? Swapped::kNo : found ? Swapped::kUnknown : Swapped::kYes;
                });
}

Result<CommitOutcome> IcebergInSql::rename(const IcebergName& from, const IcebergName& to) {
  TRY_ASSIGN(const auto before, rows_->find(from));
  if (!before) return CommitOutcome::kConflict;
  return settle([&] { return rows_->rename(from, to); },
                [&]() -> Result<Swapped> {
                  TRY_ASSIGN(const Pointer moved, ask(to));
                  if (moved && moved->metadata_location == before->metadata_location) {
                    return Swapped::kYes;
                  }
                  TRY_ASSIGN(const Pointer left, rows_->find(from));
                  return left && !moved ? Swapped::kNo : Swapped::kUnknown;
                });
}

}  // namespace sluice
