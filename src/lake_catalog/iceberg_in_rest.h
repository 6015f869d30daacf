// A catalog behind Iceberg's REST protocol as an IcebergCatalog: the server makes the next
// metadata. https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml
//
// A commit is sent once. Where its answer is missed, or is one of 500, 502 and 504, the tables are
// asked: a batch is in them where its snapshots are, or, of one without, where they are as it
// wanted them. Where it is not, it is sent again only if the server would see that it came twice:
// it names what a reference has to be at, or makes the table.
#pragma once

#include <set>

#include "lake_catalog/iceberg_catalog.h"
#include "lake_catalog/rest_client.h"
#include "lake_catalog/rest_names.h"
#include "lake_catalog/rest_storage.h"

namespace sluice {

struct IcebergInRestOptions {
  std::string display;
  std::string warehouse;  // as the server calls it, "" for its default
  S3Settings s3;          // one's own
};

class IcebergInRest : public IcebergCatalog {
 public:
  // Of a batch in the tables; kUnknown also where they cannot be asked.
  enum class Seen { kAll, kNone, kUnknown };

  // Asks the server for its configuration.
  static Result<std::unique_ptr<IcebergCatalog>> open(RestClient client,
                                                      IcebergInRestOptions options);

  const std::string& display() const override { return options_.display; }
  Result<std::vector<std::string>> namespaces() override;
  Result<std::map<std::string, std::string>> properties(const std::string& space) override;
  Status create_namespace(const std::string& space,
                          const std::map<std::string, std::string>& properties) override;
  Status drop_namespace(const std::string& space) override;
  Result<std::vector<std::string>> tables(const std::string& space) override;
  Result<std::optional<IcebergTable>> load(const IcebergName& name) override;
  Result<IcebergTable> stage(const IcebergName& name, const iceberg::NewTable& table) override;
  Result<bool> commits_together() override;
  Result<IcebergCommitResult> commit(const std::vector<IcebergChange>& batch) override;
  Result<CommitOutcome> drop(const IcebergTable& seen) override;
  Result<CommitOutcome> rename(const IcebergName& from, const IcebergName& to) override;

 private:
  using Changes = std::vector<const IcebergChange*>;

  IcebergInRest(RestClient client, IcebergInRestOptions options)
      : client_(std::move(client)), options_(std::move(options)) {}

  Status configure();
  bool offers(const std::string& endpoint) const { return endpoints_.contains(endpoint); }
  std::string path(const std::string& behind) const { return prefix_ + behind; }
  // All pages of a list; `parent` "" for none.
  Result<std::vector<iceberg::Json>> list(const std::string& path, const char* member,
                                          const std::string& parent, const std::string& action);
  Status add_namespaces(const RestLevels& parent, std::vector<std::string>& out);
  Result<IcebergTable> table_of(const IcebergName& name, const iceberg::Json& answer);
  Result<LentStorage> storage_of(const IcebergName& name, const iceberg::Json& answer,
                                 const std::string& location);

  // Of changes that are sent as one.
  Result<IcebergCommitResult> commit_together(const Changes& changes);
  RestAnswer send(const Changes& changes);
  Seen look(const Changes& changes);
  // Whether the server's refusal is not what the tables say: others were in the way for a moment.
  bool still_fits(const Changes& changes);

  RestClient client_;
  IcebergInRestOptions options_;
  RestConfig config_;
  std::set<std::string> endpoints_;
  std::string prefix_ = "/v1";      // of all paths
  std::string separator_ = "\x1f";  // between levels of a namespace
};

}  // namespace sluice
