# Completion of sluice for bash. Made by `sluice completions bash`.
_sluice() {
  local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]} command= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --state|--config|--memory|--threads) ((i++)) ;;
      -*) ;;
      lake) [[ -n $command ]] && break; command=lake- ;;
      backup) [[ -n $command ]] && break; command=backup- ;;
      evolve) [[ -n $command ]] && break; command=evolve- ;;
      catalog) [[ -n $command ]] && break; command=catalog- ;;
      *) command+=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command:$last in
    *:--state) COMPREPLY=($(compgen -f -- "$word")); return ;;
    *:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    *:--memory) :; return ;;
    *:--threads) :; return ;;
    doctor:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    discover:--max-depth) :; return ;;
    discover:--exclude) :; return ;;
    inspect:--table) :; return ;;
    inspect:--exclude) :; return ;;
    plan:--job) :; return ;;
    plan:--table) :; return ;;
    plan:--exclude) :; return ;;
    plan:--rename) :; return ;;
    plan:--map) COMPREPLY=($(compgen -f -- "$word")); return ;;
    plan:--if-exists) COMPREPLY=($(compgen -W 'fail replace append merge' -- "$word")); return ;;
    plan:--key) :; return ;;
    plan:--cursor) :; return ;;
    plan:--accept-loss) :; return ;;
    plan:--partition) :; return ;;
    plan:--sort) :; return ;;
    plan:--on-bad-row) COMPREPLY=($(compgen -W 'fail reject' -- "$word")); return ;;
    plan:--batch-size) :; return ;;
    plan:--parallel) :; return ;;
    plan:--verify) COMPREPLY=($(compgen -W 'counts content independent' -- "$word")); return ;;
    plan:--owner) :; return ;;
    plan:--file-mode) :; return ;;
    plan:--dir-mode) :; return ;;
    plan:--out) COMPREPLY=($(compgen -f -- "$word")); return ;;
    migrate:--plan) COMPREPLY=($(compgen -f -- "$word")); return ;;
    migrate:--job) :; return ;;
    migrate:--table) :; return ;;
    migrate:--exclude) :; return ;;
    migrate:--rename) :; return ;;
    migrate:--map) COMPREPLY=($(compgen -f -- "$word")); return ;;
    migrate:--if-exists) COMPREPLY=($(compgen -W 'fail replace append merge' -- "$word")); return ;;
    migrate:--key) :; return ;;
    migrate:--cursor) :; return ;;
    migrate:--accept-loss) :; return ;;
    migrate:--partition) :; return ;;
    migrate:--sort) :; return ;;
    migrate:--on-bad-row) COMPREPLY=($(compgen -W 'fail reject' -- "$word")); return ;;
    migrate:--batch-size) :; return ;;
    migrate:--parallel) :; return ;;
    migrate:--verify) COMPREPLY=($(compgen -W 'counts content independent' -- "$word")); return ;;
    migrate:--owner) :; return ;;
    migrate:--file-mode) :; return ;;
    migrate:--dir-mode) :; return ;;
    report:--format) COMPREPLY=($(compgen -W 'text json md html' -- "$word")); return ;;
    report:--out) COMPREPLY=($(compgen -f -- "$word")); return ;;
    verify:--table) :; return ;;
    verify:--exclude) :; return ;;
    verify:--rename) :; return ;;
    verify:--level) COMPREPLY=($(compgen -W 'counts content independent rows' -- "$word")); return ;;
    verify:--key) :; return ;;
    verify:--limit) :; return ;;
    verify:--certificate) COMPREPLY=($(compgen -f -- "$word")); return ;;
    export:--format) COMPREPLY=($(compgen -W 'parquet csv json geojson geoparquet' -- "$word")); return ;;
    export:--table) :; return ;;
    export:--exclude) :; return ;;
    export:--query) :; return ;;
    export:--accept-loss) :; return ;;
    import:--table) :; return ;;
    import:--exclude) :; return ;;
    import:--rename) :; return ;;
    import:--map) COMPREPLY=($(compgen -f -- "$word")); return ;;
    import:--if-exists) COMPREPLY=($(compgen -W 'fail replace append merge' -- "$word")); return ;;
    import:--key) :; return ;;
    import:--cursor) :; return ;;
    import:--accept-loss) :; return ;;
    import:--partition) :; return ;;
    import:--sort) :; return ;;
    import:--on-bad-row) COMPREPLY=($(compgen -W 'fail reject' -- "$word")); return ;;
    import:--batch-size) :; return ;;
    import:--parallel) :; return ;;
    import:--verify) COMPREPLY=($(compgen -W 'counts content independent' -- "$word")); return ;;
    import:--owner) :; return ;;
    import:--file-mode) :; return ;;
    import:--dir-mode) :; return ;;
    query:--format) COMPREPLY=($(compgen -W 'table csv json' -- "$word")); return ;;
    query:--at) :; return ;;
    ingest:--table) :; return ;;
    ingest:--key) :; return ;;
    ingest:--format) COMPREPLY=($(compgen -W 'json csv' -- "$word")); return ;;
    ingest:--map) COMPREPLY=($(compgen -f -- "$word")); return ;;
    ingest:--wait) :; return ;;
    ingest:--every) :; return ;;
    ingest:--restore) :; return ;;
    ingest:--owner) :; return ;;
    ingest:--file-mode) :; return ;;
    ingest:--dir-mode) :; return ;;
    follow:--table) :; return ;;
    follow:--stream) :; return ;;
    follow:--subject) :; return ;;
    follow:--durable) :; return ;;
    follow:--key) :; return ;;
    follow:--map) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow:--batch-size) :; return ;;
    follow:--batch-time) :; return ;;
    follow:--max-ack-pending) :; return ;;
    follow:--ack-wait) :; return ;;
    follow:--max-deliver) :; return ;;
    follow:--replicas) :; return ;;
    follow:--wait) :; return ;;
    follow:--creds) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow:--ca) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow:--cert) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow:--cert-key) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow-status:--table) :; return ;;
    follow-status:--stream) :; return ;;
    follow-status:--durable) :; return ;;
    follow-status:--creds) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow-status:--ca) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow-status:--cert) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow-status:--cert-key) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow-dead:--table) :; return ;;
    follow-move:--stream) :; return ;;
    follow-move:--replicas) :; return ;;
    follow-move:--wait) :; return ;;
    follow-move:--creds) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow-move:--ca) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow-move:--cert) COMPREPLY=($(compgen -f -- "$word")); return ;;
    follow-move:--cert-key) COMPREPLY=($(compgen -f -- "$word")); return ;;
    lake-files:--table) :; return ;;
    lake-files:--at) :; return ;;
    lake-diff:--since) :; return ;;
    lake-diff:--until) :; return ;;
    lake-diff:--table) :; return ;;
    lake-diff:--limit) :; return ;;
    lake-fsck:--table) :; return ;;
    lake-fsck:--wait) :; return ;;
    connect:--user) :; return ;;
    connect:--url) :; return ;;
    connect:--catalog) :; return ;;
    backup-create:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    backup-create:--format) COMPREPLY=($(compgen -W 'dir tar.zst tar.gz' -- "$word")); return ;;
    backup-create:--every) :; return ;;
    backup-list:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    backup-verify:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    backup-restore:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    backup-restore:--before) :; return ;;
    backup-restore:--owner) :; return ;;
    backup-restore:--file-mode) :; return ;;
    backup-restore:--dir-mode) :; return ;;
    backup-prune:--keep) :; return ;;
    backup-prune:--keep-daily) :; return ;;
    backup-prune:--keep-weekly) :; return ;;
    backup-prune:--keep-monthly) :; return ;;
    backup-prune:--older-than) :; return ;;
    backup-prune:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    lake-compact:--table) :; return ;;
    lake-compact:--target-size) :; return ;;
    lake-compact:--wait) :; return ;;
    lake-freeze:--data-path) :; return ;;
    lake-expire:--older-than) :; return ;;
    lake-expire:--keep) :; return ;;
    lake-expire:--grace) :; return ;;
    lake-expire:--wait) :; return ;;
    catalog-import:--table-id) :; return ;;
    catalog-import:--max-depth) :; return ;;
    catalog-import:--exclude) :; return ;;
    catalog-import:--parallel) :; return ;;
    catalog-import:--batch-size) :; return ;;
    catalog-validate:--table-id) :; return ;;
    catalog-validate:--max-depth) :; return ;;
    catalog-validate:--exclude) :; return ;;
    catalog-validate:--count) :; return ;;
    catalog-validate:--interval) :; return ;;
    catalog-compare:--table-id) :; return ;;
    catalog-status:--table-id) :; return ;;
    catalog-mirror:--table-id) :; return ;;
    catalog-rollback:--table-id) :; return ;;
    catalog-drop:--table-id) :; return ;;
    catalog-export:--table-id) :; return ;;
    catalog-export:--at) :; return ;;
    evolve-new:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    evolve-status:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    evolve-status:--wait) :; return ;;
    evolve-up:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    evolve-up:--wait) :; return ;;
    evolve-up:--to) :; return ;;
    evolve-up:--backup-dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    evolve-down:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    evolve-down:--wait) :; return ;;
    evolve-down:--to) :; return ;;
    evolve-down:--backup-dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    evolve-verify:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    evolve-verify:--wait) :; return ;;
    evolve-baseline:--dir) COMPREPLY=($(compgen -f -- "$word")); return ;;
    evolve-baseline:--wait) :; return ;;
    evolve-baseline:--to) :; return ;;
  esac
  if [[ $word == -* ]]; then
    local options=
    case $command in
      doctor) options='--help --dir' ;;
      discover) options='--help --recursive --max-depth --exclude' ;;
      inspect) options='--help --table --exclude' ;;
      types) options='--help' ;;
      plan) options='--help --job --table --exclude --rename --map --if-exists --key --cursor --accept-loss --partition --sort --on-bad-row --batch-size --parallel --no-backup --no-publish --verify --owner --file-mode --dir-mode --out' ;;
      migrate) options='--help --plan --job --table --exclude --rename --map --if-exists --key --cursor --accept-loss --partition --sort --on-bad-row --batch-size --parallel --no-backup --no-publish --verify --owner --file-mode --dir-mode --dry-run' ;;
      resume) options='--help' ;;
      publish) options='--help' ;;
      rollback) options='--help --dry-run --force' ;;
      forget) options='--help' ;;
      runs) options='--help' ;;
      status) options='--help --watch' ;;
      report) options='--help --format --out' ;;
      verify) options='--help --table --exclude --rename --level --key --limit --certificate' ;;
      export) options='--help --format --table --exclude --query --accept-loss --dry-run --overwrite' ;;
      import) options='--help --table --exclude --rename --map --if-exists --key --cursor --accept-loss --partition --sort --on-bad-row --batch-size --parallel --no-backup --no-publish --verify --owner --file-mode --dir-mode --dry-run' ;;
      query) options='--help --format --at' ;;
      ingest) options='--help --table --key --format --map --wait --every --install-timer --dropped --restore --owner --file-mode --dir-mode --force' ;;
      follow) options='--help --table --stream --subject --durable --key --map --batch-size --batch-time --max-ack-pending --ack-wait --max-deliver --replicas --wait --once --creds --ca --cert --cert-key' ;;
      follow-status) options='--help --table --stream --durable --creds --ca --cert --cert-key' ;;
      follow-dead) options='--help --table' ;;
      follow-move) options='--help --stream --replicas --wait --creds --ca --cert --cert-key' ;;
      lake-snapshots) options='--help' ;;
      lake-files) options='--help --table --at' ;;
      lake-diff) options='--help --since --until --table --limit' ;;
      lake-fsck) options='--help --table --repair --drop-missing --dry-run --wait' ;;
      connect) options='--help --user --url --catalog' ;;
      backup-create) options='--help --dir --format --no-drill --every --install-timer' ;;
      backup-list) options='--help --dir' ;;
      backup-verify) options='--help --dir' ;;
      backup-restore) options='--help --dir --before --force --no-owner --owner --file-mode --dir-mode' ;;
      backup-prune) options='--help --keep --keep-daily --keep-weekly --keep-monthly --older-than --dry-run --dir' ;;
      lake-compact) options='--help --table --target-size --wait --dry-run' ;;
      lake-freeze) options='--help --data-path' ;;
      lake-expire) options='--help --older-than --keep --grace --orphans --wait --dry-run' ;;
      catalog-import) options='--help --table-id --recursive --max-depth --exclude --parallel --batch-size --resume --dry-run' ;;
      catalog-validate) options='--help --table-id --recursive --max-depth --exclude --watch --count --interval' ;;
      catalog-compare) options='--help --table-id' ;;
      catalog-status) options='--help --table-id' ;;
      catalog-mirror) options='--help --table-id' ;;
      catalog-rollback) options='--help --table-id --dry-run' ;;
      catalog-drop) options='--help --table-id' ;;
      catalog-export) options='--help --table-id --at' ;;
      evolve-new) options='--help --dir' ;;
      evolve-status) options='--help --dir --wait' ;;
      evolve-up) options='--help --dir --wait --to --dry-run --no-backup --backup-dir' ;;
      evolve-down) options='--help --dir --wait --to --dry-run --no-backup --backup-dir' ;;
      evolve-verify) options='--help --dir --wait' ;;
      evolve-baseline) options='--help --dir --wait --to' ;;
      completions) options='--help' ;;
    esac
    COMPREPLY=($(compgen -W "$options --help --json --quiet --verbose --no-color --state --config --memory --threads --version" -- "$word"))
  elif [[ -z $command ]]; then
    COMPREPLY=($(compgen -W 'doctor discover inspect types plan migrate resume publish rollback forget runs status report verify export import query ingest follow connect completions lake backup evolve catalog' -- "$word"))
  elif [[ $command == lake- ]]; then
    COMPREPLY=($(compgen -W 'snapshots files diff fsck compact freeze expire' -- "$word"))
  elif [[ $command == backup- ]]; then
    COMPREPLY=($(compgen -W 'create list verify restore prune' -- "$word"))
  elif [[ $command == evolve- ]]; then
    COMPREPLY=($(compgen -W 'new status up down verify baseline' -- "$word"))
  elif [[ $command == catalog- ]]; then
    COMPREPLY=($(compgen -W 'import validate compare status mirror rollback drop export' -- "$word"))
  elif [[ $command == completions ]]; then
    COMPREPLY=($(compgen -W 'bash zsh' -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _sluice sluice
