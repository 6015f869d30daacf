#include "operations/server_archive.h"

#include <fmt/format.h>

#include <algorithm>

#include "endpoint/shares_snapshot.h"
#include "operations/archive_content.h"
#include "operations/open_endpoint.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using Contents = std::vector<ArchivedContent>;

Result<std::unique_ptr<DumpServer>> open_server(const Location& location, bool keep_owners,
                                                const Sluice::Impl& impl) {
  return open_dump_server(location, {keep_owners, impl.threads(0), impl.settings.cancel});
}

Result<Contents> content_of_database(const Location& location, const std::string& database,
                                     DumpServer& server, Engine& engine, const Sluice::Impl& impl,
                                     Ticker& ticker) {
  Location place = location;
  place.database = database;
  TRY_ASSIGN(place, with_all_schemas(place, server));
  return content_of(place, engine, impl, ticker);
}

// "" where the system lends it to nobody.
std::string snapshot_of(const ReadSession& session) {
  const auto* const shared = dynamic_cast<const SharesSnapshot*>(&session);
  return shared == nullptr ? "" : shared->shared_snapshot();
}

const ArchivedContent* find(const Contents& contents, const std::string& table) {
  const auto at = std::ranges::find(contents, table, &ArchivedContent::table);
  return at == contents.end() ? nullptr : &*at;
}

bool is_same(const ArchivedContent* a, const ArchivedContent* b) {
  return a != nullptr && b != nullptr && a->rows == b->rows && a->digest == b->digest;
}

// A server that lends its snapshot to nobody: what was the same before and after the dump has to
// be the same in it.
Status check_unchanged(const Contents& before, const Contents& after, const Contents& restored) {
  Contents quiet;
  Contents found;
  for (const ArchivedContent& table : before) {
    if (!is_same(&table, find(after, table.table))) continue;
    quiet.push_back(table);
    const ArchivedContent* const copy = find(restored, table.table);
    if (copy != nullptr) found.push_back(*copy);
  }
  return check_same_content(quiet, found, "the restored copy");
}

// Makes a scratch database, and drops it whatever `act` does with it.
template <typename Act>
Status with_scratch(DumpServer& server, const fs::path& folder, const ArchivedTraits& traits,
                    Act act) {
  TRY_ASSIGN(const std::string scratch, server.make_scratch(traits));
  Status done = server.load(folder, scratch, traits);
  if (done) done = act(scratch);
  const Status dropped = server.drop_scratch(scratch);
  return done ? dropped : done;
}

Error name_way_out(Error error) {
  const std::string way = "--no-drill makes the archive without restoring it once";
  error.hint = error.hint.empty() ? way : error.hint + "; " + way;
  return error;
}

Status drill_server(const Location& location, ReadSession& session, DumpServer& server,
                    Engine& engine, const Sluice::Impl& impl, const ArchiveDraft& draft,
                    Ticker& ticker, ArchiveManifest& manifest) {
  const bool is_shared = !snapshot_of(session).empty();
  TRY_ASSIGN(const Contents source, content_of(session, engine, impl, ticker));
  ticker.phase("restore drill", 0);
  Contents restored;
  TRY(with_scratch(server, draft.path(), manifest.traits, [&](const std::string& scratch) {
    auto found = content_of_database(location, scratch, server, engine, impl, ticker);
    if (found) restored = *std::move(found);
    return found ? Status() : Status(fail(found.error()));
  }));
  Status same = check_same_content(source, restored, "the restored copy");
  if (!same && !is_shared) {
    TRY_ASSIGN(const Contents after,
               content_of_database(location, location.database, server, engine, impl, ticker));
    same = check_unchanged(source, after, restored);
  }
  TRY(same);
  manifest.tables = std::move(restored);
  manifest.drilled = true;
  return {};
}

}  // namespace

Result<Location> with_all_schemas(const Location& location, DumpServer& server) {
  Location out = location;
  TRY_ASSIGN(const std::string schemas, server.schemas(location.database));
  if (!schemas.empty()) out.parameters["schema"] = schemas;
  return out;
}

Status draft_server(const Location& location, bool drill, Engine& engine, const Sluice::Impl& impl,
                    const ArchiveDraft& draft, Ticker& ticker, ArchiveManifest& manifest) {
  TRY_ASSIGN(const auto server, open_server(location, false, impl));
  TRY_ASSIGN(const Location whole, with_all_schemas(location, *server));
  TRY_ASSIGN(const auto endpoint, open_endpoint(whole, engine, false));
  TRY_ASSIGN(const auto session, endpoint->read());
  ticker.phase("dump", 0);
  TRY_ASSIGN(DumpedDatabase dumped, server->dump(draft.path(), snapshot_of(*session)));
  manifest.traits = std::move(dumped.traits);
  for (const std::string& name : dumped.files) {
    TRY_ASSIGN(ArchivedFile file, draft.take(name));
    manifest.files.push_back(std::move(file));
  }
  if (!drill) return {};
  const Status drilled =
      drill_server(location, *session, *server, engine, impl, draft, ticker, manifest);
  if (drilled || drilled.error().kind == ErrorKind::kMismatch) return drilled;
  return fail(name_way_out(drilled.error()));
}

Result<std::string> restore_server(const fs::path& archive, const ArchiveManifest& manifest,
                                   const Location& target, const ServerRestore& choices,
                                   Engine& engine, const Sluice::Impl& impl, Ticker& ticker) {
  TRY_ASSIGN(const auto server, open_server(target, choices.keep_owners, impl));
  TRY_ASSIGN(const bool is_finished, server->finish(archive, manifest));
  if (is_finished) return std::string();
  TRY_ASSIGN(const bool is_taken, server->is_taken());
  if (is_taken && !choices.force) {
    return fail(Error(ErrorKind::kExists,
                      fmt::format("{} is there already, with something in it", target.display()))
                    .about(target.display())
                    .advise("choose another database, or --force to give it this content; what is "
                            "there is kept under another name"));
  }
  TRY_ASSIGN(const std::string scratch, server->make_scratch(manifest.traits));
  const auto act = [&]() -> Result<std::string> {
    TRY(server->load(archive, scratch, manifest.traits));
    ticker.phase("verify", 0);
    TRY_ASSIGN(const Contents found,
               content_of_database(target, scratch, *server, engine, impl, ticker));
    if (manifest.drilled) TRY(check_same_content(manifest.tables, found, target.display()));
    return server->publish(archive, scratch, manifest, is_taken);
  };
  auto kept = act();
  if (!kept) static_cast<void>(server->drop_scratch(scratch));
  return kept;
}

}  // namespace sluice
