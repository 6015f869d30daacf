#include "endpoint/postgres/postgres_endpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "client/postgres/connection.h"
#include "endpoint/postgres/read.h"
#include "endpoint/postgres/rules.h"
#include "endpoint/postgres/write.h"

namespace sluice {
namespace {

constexpr const char* kDefaultSchema = "public";

// Empty: all of them.
std::vector<std::string> schemas_of(const Location& location) {
  std::vector<std::string> schemas;
  for (const std::string& part : split(location.parameter("schema", ""), ',')) {
    const std::string name(trim(part));
    if (!name.empty()) schemas.push_back(name);
  }
  return schemas;
}

class PostgresEndpoint : public Endpoint {
 public:
  PostgresEndpoint(Location location, std::string geometry_schema, Engine& engine)
      : location_(std::move(location)),
        geometry_schema_(std::move(geometry_schema)),
        engine_(engine),
        schemas_(schemas_of(location_)) {
    capabilities_.name = "postgres";
    capabilities_.default_schema = schemas_.empty() ? kDefaultSchema : schemas_.front();
    capabilities_.primary_keys = true;
    capabilities_.unique_keys = true;
    capabilities_.foreign_keys = true;
    capabilities_.foreign_key_actions = true;
    capabilities_.deferrable_foreign_keys = true;
    capabilities_.keeps_declared_types = true;
    capabilities_.not_null = true;
    capabilities_.defaults = true;
    capabilities_.indexes = true;
    capabilities_.comments = true;
    capabilities_.identity = true;
    capabilities_.checks = true;
    capabilities_.views = true;
    capabilities_.text_without_nul = true;
    capabilities_.identifier_bytes_max = kPostgresIdentifierBytesMax;
  }

  const Capabilities& capabilities() const override { return capabilities_; }
  TypeRule rule(const Type& type) const override { return postgres::rule(type, geometry_schema_); }
  Result<std::unique_ptr<ReadSession>> read() override {
    return postgres::open_read_session(location_, schemas_, engine_);
  }
  Result<std::unique_ptr<WriteSession>> write(const std::string& run,
                                              const TargetPlan& plan) override {
    // From here on read() shows the schemas that the run publishes to.
    for (const TargetTable& table : plan.tables) add_schema(table.name.schema);
    for (const TargetView& view : plan.views) add_schema(view.name.schema);
    return postgres::open_write_session(location_, capabilities_.default_schema, run, plan);
  }
  Status backup(const std::string& /*file*/) override {
    return fail(Error(ErrorKind::kUnsupported,
                      location_.display() +
                          " is not copied to a file: replaced tables are kept in the target")
                    .about(location_.display())
                    .advise("sluice rollback puts them back; pg_dump makes a file"));
  }
  // A run keeps what it stages in a schema of its own.
  Status check_can_write() override {
    TRY_ASSIGN(postgres::Connection connection, postgres::Connection::open(location_));
    TRY_ASSIGN(const postgres::Rows rows,
               connection.query("SELECT has_database_privilege(current_database(), 'CREATE'), "
                                "quote_ident(current_database()), quote_ident(current_user)",
                                "ask for the user's rights"));
    if (rows.boolean(0, 0)) return {};
    return fail(Error(ErrorKind::kDenied,
                      fmt::format("user {} may not make a schema in database {}, which a run needs "
                                  "for what it stages",
                                  rows.text(0, 2), rows.text(0, 1)))
                    .about(location_.display())
                    .advise(fmt::format("the database's owner runs: GRANT CREATE ON DATABASE {} TO "
                                        "{}",
                                        rows.text(0, 1), rows.text(0, 2))));
  }
  // The cluster's own number: a socket, an address and a standby lead to the same one.
  Result<std::string> identity() override {
    TRY_ASSIGN(postgres::Connection connection, postgres::Connection::open(location_));
    TRY_ASSIGN(const postgres::Rows rows,
               connection.query("SELECT system_identifier, current_database() FROM "
                                "pg_control_system()",
                                "ask the server's identity"));
    return rows.text(0, 0) + "/" + rows.text(0, 1);
  }
  Result<std::uint64_t> free_space() override { return 0; }

 private:
  void add_schema(const std::string& schema) {
    if (schema.empty() || schemas_.empty()) return;
    if (std::find(schemas_.begin(), schemas_.end(), schema) == schemas_.end()) {
      schemas_.push_back(schema);
    }
  }

  Location location_;
  std::string geometry_schema_;
  Engine& engine_;
  std::vector<std::string> schemas_;
  Capabilities capabilities_;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> open_postgres(const Location& location, Engine& engine) {
  TRY_ASSIGN(postgres::Connection connection, postgres::Connection::open(location));
  TRY_ASSIGN(const postgres::Rows postgis,
             connection.query("SELECT quote_ident(n.nspname) FROM pg_extension x JOIN pg_namespace "
                              "n ON n.oid = x.extnamespace WHERE x.extname = 'postgis'",
                              "look for PostGIS"));
  const std::string schema = postgis.size() > 0 ? postgis.text(0, 0) : "";
  return std::make_unique<PostgresEndpoint>(location, schema, engine);
}

}  // namespace sluice
