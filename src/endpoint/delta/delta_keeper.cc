#include "endpoint/delta/delta_keeper.h"

#include <fmt/format.h>

#include "endpoint/delta/compact.h"
#include "endpoint/delta/expire.h"
#include "endpoint/delta/find_tables.h"
#include "endpoint/delta/repair.h"

namespace sluice {
namespace {

class DeltaKeeper final : public LakeKeeper {
 public:
  DeltaKeeper(Location location, std::vector<delta::FoundTable> found, Engine& engine)
      : location_(std::move(location)), found_(std::move(found)), engine_(engine) {}

  Result<LakeCompactFacts> compact(const LakeCompaction& wanted,
                                   const LakeProgress& progress) override {
    if (has_catalog()) TRY(found_.front().catalog->finish_others(engine_));
    return delta::compact_tables(found_, wanted, engine_, progress);
  }

  Result<LakeExpireFacts> expire(const LakeExpiry& wanted) override {
    TRY(check_no_catalog("lake expire"));
    return delta::expire_tables(delta::root_of(location_), found_, wanted, engine_);
  }

  Result<LakeFreezeFacts> freeze(const std::string&, const std::string&) override {
    return fail(Error(ErrorKind::kUnsupported,
                      "a Delta table has no catalog that could be copied: its log is files beside "
                      "its data, which readers read without a server")
                    .about(location_.display())
                    .advise("copy the table's folder, or read one version of it with --at"));
  }

  Result<LakeRepairFacts> repair(const LakeRepair& wanted, const LakeProgress& progress) override {
    TRY(check_no_catalog("lake fsck --repair"));
    return delta::repair_tables(delta::root_of(location_), found_, wanted, engine_, progress);
  }

 private:
  bool has_catalog() const { return !found_.empty() && found_.front().catalog; }

  Status check_no_catalog(const std::string& command) const {
    if (!has_catalog()) return {};
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("`{}` works on the log, not through the catalog {}", command,
                                  found_.front().catalog->display()))
                    .about(location_.display())
                    .advise("leave catalog= away, then `sluice catalog import` what is new"));
  }

  Location location_;
  std::vector<delta::FoundTable> found_;
  Engine& engine_;
};

}  // namespace

Result<std::unique_ptr<LakeKeeper>> keep_delta(const Location& location, Engine& engine) {
  TRY_ASSIGN(const DeltaMoment moment, delta::moment_of(location));
  if (moment.version || !moment.time.empty()) {
    return fail(Error(ErrorKind::kInvalid, "a table is written at its newest version only")
                    .about(location.display())
                    .advise("leave snapshot= and at= away"));
  }
  TRY_ASSIGN(auto found, delta::find_tables(location, engine));
  return std::make_unique<DeltaKeeper>(location, std::move(found), engine);
}

}  // namespace sluice
