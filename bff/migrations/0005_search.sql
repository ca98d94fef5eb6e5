-- What search at a million runs needs: the runs of an experiment in the order of a metric.

-- An index on last_value would make every update of a series write to every index of the table. So the value that is indexed
-- is one of its own, which stands still while points come in: null from the second write on (then last_value counts),
-- last_value again when the run ends or the series falls silent.
alter table series add column experiment_id bigint, add column settled_value float8;
update series s set experiment_id = r.experiment_id, settled_value = s.last_value from runs r where r.run_no = s.run_no;
alter table series alter column experiment_id set not null;

create index series_by_value on series (experiment_id, key, settled_value);
-- The few that are to be settled.
create index series_unsettled on series (series_id) where settled_value is null;
