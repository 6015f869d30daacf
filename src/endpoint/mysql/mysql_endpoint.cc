#include "endpoint/mysql/mysql_endpoint.h"

#include "base/limits.h"
#include "client/mysql/connection.h"
#include "endpoint/mysql/read.h"
#include "endpoint/mysql/rules.h"
#include "endpoint/mysql/write.h"

namespace sluice {
namespace {

Capabilities mysql_capabilities() {
  Capabilities can;
  can.name = "mysql";
  can.primary_keys = true;
  can.unique_keys = true;
  can.foreign_keys = true;
  can.foreign_key_actions = true;
  can.not_null = true;
  can.defaults = true;
  can.indexes = true;
  can.comments = true;
  can.identity = true;
  can.checks = true;
  can.keeps_declared_types = true;
  can.folds_case = true;  // columns always, tables on some servers
  can.folds_all_letters = true;
  can.identifier_bytes_max = kMysqlIdentifierMax;
  can.names_end_in_no_blank = true;
  can.key_bytes_max = kMysqlKeyBytesMax;
  return can;
}

class MysqlEndpoint : public Endpoint {
 public:
  MysqlEndpoint(Location location, Engine& engine)
      : location_(std::move(location)), engine_(engine), capabilities_(mysql_capabilities()) {}

  const Capabilities& capabilities() const override { return capabilities_; }
  TypeRule rule(const Type& type) const override { return mysql::rule(type); }
  Result<std::unique_ptr<ReadSession>> read() override {
    return mysql::open_read_session(location_, engine_);
  }
  Result<std::unique_ptr<WriteSession>> write(const std::string& run,
                                              const TargetPlan& plan) override {
    return mysql::open_write_session(location_, run, plan);
  }
  Status check_can_write() override {
    TRY_ASSIGN(mysql::Connection connection, mysql::Connection::open(location_));
    return mysql::check_local_infile(connection);
  }
  Result<std::string> identity() override {
    TRY_ASSIGN(mysql::Connection connection, mysql::Connection::open(location_));
    TRY_ASSIGN(const mysql::Rows rows,
               connection.query("SELECT CONCAT_WS(':', @@hostname, @@port, @@datadir, DATABASE())",
                                "ask " + location_.display() + " which server it is"));
    return rows.text(0, 0);
  }
  Status backup(const std::string& /*file*/) override {
    return fail(Error(ErrorKind::kUnsupported,
                      location_.display() +
                          " is not copied to a file: replaced tables are kept in the target")
                    .about(location_.display())
                    .advise("sluice rollback puts them back; mariadb-dump makes a file"));
  }
  Result<std::uint64_t> free_space() override { return 0; }

 private:
  Location location_;
  Engine& engine_;
  Capabilities capabilities_;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> open_mysql(const Location& location, Engine& engine) {
  TRY_ASSIGN(const mysql::Connection connection, mysql::Connection::open(location));
  return std::make_unique<MysqlEndpoint>(location, engine);
}

}  // namespace sluice
