-- The log of Delta tables as rows. What is true at version V of a table: of files
-- added_version <= V AND (removed_version IS NULL OR removed_version > V); of everything else the
-- newest row that is not after V. Versions above delta_tables.version are not complete yet.
--
-- [name] is a table, <...> a type or a key that databases spell differently.
CREATE TABLE IF NOT EXISTS [delta_tables](
  table_id <name> NOT NULL PRIMARY KEY, location <text> NOT NULL, metadata_id <text>,
  first_version BIGINT, version BIGINT, commit_digest <text>, run <text>, pending_version BIGINT,
  pending_source <text>, pending_files BIGINT)<options>;
CREATE TABLE IF NOT EXISTS [migration_status](
  table_id <name> NOT NULL, run <name> NOT NULL, status <text> NOT NULL, version BIGINT,
  files_processed BIGINT NOT NULL, commits_processed BIGINT NOT NULL, started_at <time> NOT NULL,
  updated_at <time> NOT NULL, completed_at <time>, error_message <text>,
  PRIMARY KEY (table_id, run))<options>;
CREATE TABLE IF NOT EXISTS [delta_commits](
  table_id <name> NOT NULL, version BIGINT NOT NULL, kind <text> NOT NULL,
  committed_at BIGINT NOT NULL, file_modified_at BIGINT NOT NULL, in_commit_timestamp BIGINT,
  commit_timestamp BIGINT, operation <text>, user_name <text>, engine_info <text>,
  commit_info <text>, files_added BIGINT NOT NULL, files_removed BIGINT NOT NULL,
  digest <text> NOT NULL, PRIMARY KEY (table_id, version))<options>;
CREATE TABLE IF NOT EXISTS [delta_protocol](
  table_id <name> NOT NULL, version BIGINT NOT NULL, min_reader_version BIGINT NOT NULL,
  min_writer_version BIGINT NOT NULL, reader_features <text>, writer_features <text>,
  PRIMARY KEY (table_id, version))<options>;
CREATE TABLE IF NOT EXISTS [delta_metadata](
  table_id <name> NOT NULL, version BIGINT NOT NULL, id <text> NOT NULL, name <text>,
  description <text>, format_provider <text> NOT NULL, format_options <text>,
  schema_string <text> NOT NULL, partition_columns <text> NOT NULL, configuration <text> NOT NULL,
  created_time BIGINT, PRIMARY KEY (table_id, version))<options>;
CREATE TABLE IF NOT EXISTS [delta_files](
  table_id <name> NOT NULL, path <text> NOT NULL, deletion_vector_id <text> NOT NULL,
  added_version BIGINT NOT NULL, removed_version BIGINT, size_bytes BIGINT NOT NULL,
  modification_time BIGINT NOT NULL, data_change <boolean> NOT NULL,
  partition_values <text> NOT NULL, stats <text>, tags <text>, base_row_id BIGINT,
  default_row_commit_version BIGINT, clustering_provider <text>, dv_storage_type <text>,
  dv_path_or_inline <text>, dv_offset BIGINT, dv_size_bytes BIGINT,
  dv_cardinality BIGINT<file_key>)<options>;
CREATE TABLE IF NOT EXISTS [delta_removes](
  table_id <name> NOT NULL, path <text> NOT NULL, deletion_vector_id <text> NOT NULL,
  removed_version BIGINT NOT NULL, deletion_timestamp BIGINT, data_change <boolean> NOT NULL,
  extended_file_metadata <boolean> NOT NULL, partition_values <text>, size_bytes BIGINT,
  stats <text>, tags <text>, base_row_id BIGINT, default_row_commit_version BIGINT,
  dv_storage_type <text>, dv_path_or_inline <text>, dv_offset BIGINT, dv_size_bytes BIGINT,
  dv_cardinality BIGINT<remove_key>)<options>;
CREATE TABLE IF NOT EXISTS [delta_txns](
  table_id <name> NOT NULL, app_id <name> NOT NULL, version BIGINT NOT NULL,
  txn_version BIGINT NOT NULL, last_updated BIGINT,
  PRIMARY KEY (table_id, app_id, version))<options>;
CREATE TABLE IF NOT EXISTS [delta_domains](
  table_id <name> NOT NULL, domain <name> NOT NULL, version BIGINT NOT NULL,
  configuration <text> NOT NULL, removed <boolean> NOT NULL,
  PRIMARY KEY (table_id, domain, version))<options>;
-- A commit that was made here and is not known to be in the table's log yet: at most the newest.
-- Commits of one publication were made in one transaction.
CREATE TABLE IF NOT EXISTS [delta_unmirrored](
  table_id <name> NOT NULL PRIMARY KEY, version BIGINT NOT NULL, publication <name> NOT NULL,
  transaction_id <text> NOT NULL, owner <text> NOT NULL, committed_at BIGINT NOT NULL,
  depends_on_rows <boolean> NOT NULL, is_for_one_version <boolean> NOT NULL,
  change_text <text> NOT NULL, commit_text <text> NOT NULL)<options>;
CREATE TABLE IF NOT EXISTS [delta_catalog](format_version BIGINT NOT NULL PRIMARY KEY)<options>;
