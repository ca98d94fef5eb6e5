-- Is a name taken in an experiment? Its beginning only: a whole one may be longer than an index takes.
create index runs_by_name on runs (experiment_id, left(run_name, 64));
