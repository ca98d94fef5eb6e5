import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mlflow.api.proto.ModelRegistry.ModelVersion;
import org.mlflow.api.proto.Service.CreateExperiment;
import org.mlflow.api.proto.Service.CreateRun;
import org.mlflow.api.proto.Service.Experiment;
import org.mlflow.api.proto.Service.ExperimentTag;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.ActiveRun;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowClientException;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.Page;
import org.mlflow.tracking.creds.BasicMlflowHostCreds;

/** What people do with MLflow's own Java client, against the server that MLFLOW_TRACKING_URI names. Prints what became of each flow. */
public class Flows {
  static final MlflowClient client = client(System.getenv("MLFLOW_TRACKING_URI"), System.getenv("MLFLOW_TRACKING_USERNAME"));

  static MlflowClient client(String uri, String user) {
    return user == null
        ? new MlflowClient(uri)
        : new MlflowClient(new BasicMlflowHostCreds(uri, user, System.getenv("MLFLOW_TRACKING_PASSWORD")));
  }

  interface Flow {
    void run() throws Exception;
  }

  static void flow(String area, String name, Flow flow) {
    try {
      flow.run();
      System.out.println("passed\t" + area + "\t" + name);
    } catch (Throwable problem) {
      System.out.println("failed\t" + area + "\t" + name + ": " + problem);
      problem.printStackTrace();
    }
  }

  static void equal(Object expected, Object found) {
    if (!Objects.equals(expected, found)) throw new AssertionError("expected " + expected + ", found " + found);
  }

  static MlflowClientException refused(Flow flow) throws Exception {
    try {
      flow.run();
    } catch (MlflowClientException refusal) {
      return refusal;
    }
    throw new AssertionError("it was not refused");
  }

  static String unique(String name) {
    return name + " " + UUID.randomUUID().toString().substring(0, 8);
  }

  static Map<String, String> params(Run run) {
    return run.getData().getParamsList().stream().collect(Collectors.toMap(Param::getKey, Param::getValue));
  }

  static Map<String, String> tags(Run run) {
    return run.getData().getTagsList().stream().collect(Collectors.toMap(RunTag::getKey, RunTag::getValue));
  }

  static Map<String, Double> metrics(Run run) {
    return run.getData().getMetricsList().stream().collect(Collectors.toMap(Metric::getKey, Metric::getValue));
  }

  static <T> List<T> all(Page<T> page) {
    List<T> items = new ArrayList<>();
    for (Page<T> next = page; ; next = next.getNextPage()) {
      for (Object item : next.getItems()) items.add((T) item);
      if (!next.hasNextPage()) return items;
    }
  }

  static void experiments() {
    flow("Experiments", "made, tagged, found, renamed", () -> {
      String name = unique("from Java");
      ExperimentTag tag = ExperimentTag.newBuilder().setKey("team").setValue("red").build();
      String id = client.createExperiment(CreateExperiment.newBuilder().setName(name).addTags(tag).build());
      client.setExperimentTag(id, "stage", "draft");
      client.renameExperiment(id, name + " again");
      Experiment found = client.getExperimentByName(name + " again").get();
      equal(id, found.getExperimentId());
      equal(2, found.getTagsCount());
      equal(false, client.getExperimentByName(name).isPresent());
      equal(name + " again", client.getExperiment(id).getName());
    });
    flow("Experiments", "a name is taken once", () -> {
      String name = unique("taken");
      client.createExperiment(name);
      String said = refused(() -> client.createExperiment(name)).getMessage();
      equal(true, said.contains("RESOURCE_ALREADY_EXISTS"));
    });
    flow("Experiments", "deleted and restored", () -> {
      String id = client.createExperiment(unique("deleted"));
      client.deleteExperiment(id);
      equal("deleted", client.getExperiment(id).getLifecycleStage());
      client.restoreExperiment(id);
      equal("active", client.getExperiment(id).getLifecycleStage());
    });
    flow("Experiments", "pages are whole and end", () -> {
      String name = unique("paged");
      for (int i = 0; i < 7; i++) client.createExperiment(name + " " + i);
      var page = client.searchExperiments("name LIKE '" + name + "%'", ViewType.ACTIVE_ONLY, 3, List.of("name ASC"));
      List<String> names = all(page).stream().map(Experiment::getName).collect(Collectors.toList());
      equal(IntStream.range(0, 7).mapToObj(i -> name + " " + i).collect(Collectors.toList()), names);
    });
  }

  static void runs(String experiment) {
    flow("Runs", "params, metrics, tags and its end", () -> {
      String run = client.createRun(experiment).getRunId();
      client.logParam(run, "lr", "0.1");
      client.logMetric(run, "loss", 0.5);
      client.logMetric(run, "loss", 0.25, 1_731_000_000_000L, 7);
      client.setTag(run, "team", "größer ✓");
      client.setTag(run, "gone", "1");
      client.deleteTag(run, "gone");
      client.setTerminated(run, RunStatus.FAILED, 1_731_000_000_001L);
      Run kept = client.getRun(run);
      equal(RunStatus.FAILED, kept.getInfo().getStatus());
      equal(1_731_000_000_001L, kept.getInfo().getEndTime());
      equal(Map.of("lr", "0.1"), params(kept));
      equal(Map.of("loss", 0.25), metrics(kept));
      equal("größer ✓", tags(kept).get("team"));
      equal(false, tags(kept).containsKey("gone"));
    });
    flow("Runs", "a param is written once", () -> {
      String run = client.createRun(experiment).getRunId();
      client.logParam(run, "lr", "0.1");
      client.logParam(run, "lr", "0.1");
      equal(true, refused(() -> client.logParam(run, "lr", "0.2")).getMessage().contains("INVALID_PARAMETER_VALUE"));
      equal(Map.of("lr", "0.1"), params(client.getRun(run)));
    });
    flow("Runs", "a run with a user and a start", () -> {
      CreateRun asked = CreateRun.newBuilder().setExperimentId(experiment).setUserId("ann").setStartTime(1_731_000_000_000L).build();
      var info = client.createRun(asked);
      equal("ann", info.getUserId());
      equal(1_731_000_000_000L, client.getRun(info.getRunId()).getInfo().getStartTime());
    });
    flow("Runs", "deleted, refuses, restored", () -> {
      String run = client.createRun(experiment).getRunId();
      client.deleteRun(run);
      equal("deleted", client.getRun(run).getInfo().getLifecycleStage());
      equal(true, refused(() -> client.logMetric(run, "loss", 1)).getMessage().contains("'active' state"));
      client.restoreRun(run);
      client.logMetric(run, "loss", 1);
    });
    flow("Runs", "the context names a run and nests another", () -> {
      MlflowContext context = new MlflowContext(client).setExperimentId(experiment);
      ActiveRun outer = context.startRun("named in Java");
      ActiveRun inner = context.startRun("inside", outer.getId());
      inner.logMetrics(Map.of("a", 1.0, "b", 2.0), 3);
      inner.logParams(Map.of("p", "1", "q", "2"));
      inner.endRun();
      outer.endRun();
      Run kept = client.getRun(outer.getId());
      equal("named in Java", tags(kept).get("mlflow.runName"));
      equal(RunStatus.FINISHED, kept.getInfo().getStatus());
      equal(outer.getId(), tags(client.getRun(inner.getId())).get("mlflow.parentRunId"));
      equal(Map.of("a", 1.0, "b", 2.0), metrics(client.getRun(inner.getId())));
    });
  }

  static void metrics(String experiment) {
    flow("Metrics", "a long curve in batches comes back whole", () -> {
      String run = client.createRun(experiment).getRunId();
      for (int from = 0; from < 3000; from += 1000) {
        List<Metric> points = IntStream.range(from, from + 1000)
            .mapToObj(s -> Metric.newBuilder().setKey("loss").setValue(1.0 / (s + 1)).setTimestamp(1_731_000_000_000L + s).setStep(s).build())
            .collect(Collectors.toList());
        client.logBatch(run, points, List.of(), List.of());
      }
      List<Metric> history = client.getMetricHistory(run, "loss");
      equal(3000, history.size());
      for (int s = 0; s < 3000; s++) {
        equal((long) s, history.get(s).getStep());
        equal(1.0 / (s + 1), history.get(s).getValue());
      }
    });
    flow("Metrics", "a batch of everything", () -> {
      String run = client.createRun(experiment).getRunId();
      client.logBatch(run,
          List.of(Metric.newBuilder().setKey("m").setValue(Double.NaN).setTimestamp(1).setStep(-1).build()),
          List.of(Param.newBuilder().setKey("p").setValue("1").build()),
          List.of(RunTag.newBuilder().setKey("t").setValue("2").build()));
      Run kept = client.getRun(run);
      equal(true, Double.isNaN(metrics(kept).get("m")));
      equal(Map.of("p", "1"), params(kept));
      equal("2", tags(kept).get("t"));
    });
    flow("Metrics", "what is no number and what is far", () -> {
      String run = client.createRun(experiment).getRunId();
      client.logMetric(run, "edge", Double.POSITIVE_INFINITY, 5, Long.MAX_VALUE);
      Metric kept = client.getMetricHistory(run, "edge").get(0);
      equal(Double.MAX_VALUE, kept.getValue());
      equal(Long.MAX_VALUE, kept.getStep());
      equal(List.of(), client.getMetricHistory(run, "none"));
    });
  }

  static void search() {
    String experiment = client.createExperiment(unique("search from Java"));
    for (int i = 0; i < 25; i++) {
      String run = client.createRun(experiment).getRunId();
      client.logMetric(run, "score", i / 25.0, 1, 0);
      client.logParam(run, "depth", String.valueOf(i % 5));
    }
    flow("Search", "filter and order", () -> {
      var page = client.searchRuns(List.of(experiment), "metrics.score > 0.5 and params.depth = '1'",
          ViewType.ACTIVE_ONLY, 100, List.of("metrics.score DESC"));
      equal(List.of(0.84, 0.64), page.getItems().stream().map(run -> metrics((Run) run).get("score")).collect(Collectors.toList()));
      equal(false, page.hasNextPage());
    });
    flow("Search", "pages are whole, disjoint and end", () -> {
      List<Run> found = all(client.searchRuns(List.of(experiment), "", ViewType.ALL, 10, List.of("params.depth ASC")));
      equal(25, found.size());
      equal(25L, found.stream().map(run -> run.getInfo().getRunId()).distinct().count());
    });
    flow("Search", "run infos", () -> equal(25, client.listRunInfos(experiment).size()));
    flow("Search", "a wrong filter is refused with its reason", () ->
        equal(true, refused(() -> client.searchRuns(List.of(experiment), "metrics.score >")).getMessage().contains("INVALID_PARAMETER_VALUE")));
  }

  static void artifacts(String experiment) {
    flow("Artifacts", "files and folders go up, are listed and come down", () -> {
      String run = client.createRun(experiment).getRunId();
      Path folder = Files.createTempDirectory("flows");
      Files.createDirectories(folder.resolve("model"));
      Files.writeString(folder.resolve("model/MLmodel"), "flavors: {}\n");
      Files.writeString(folder.resolve("notes ä.txt"), "grüße\n");
      client.logArtifacts(run, folder.toFile(), "out");
      client.logArtifact(run, folder.resolve("notes ä.txt").toFile());
      equal(List.of("notes ä.txt", "out"), client.listArtifacts(run).stream().map(f -> f.getPath()).sorted().collect(Collectors.toList()));
      var inside = client.listArtifacts(run, "out/model");
      equal("out/model/MLmodel", inside.get(0).getPath());
      equal(12L, inside.get(0).getFileSize());
      File down = client.downloadArtifacts(run, "out");
      equal("grüße\n", Files.readString(down.toPath().resolve("notes ä.txt")));
      equal("flavors: {}\n", Files.readString(down.toPath().resolve("model/MLmodel")));
    });
  }

  static void registry(String experiment) {
    String name = unique("model from Java");
    flow("Registry", "versions are found by name, stage and search", () -> {
      client.sendPost("registered-models/create", "{\"name\": \"" + name + "\"}");
      String run = client.createRun(experiment).getRunId();
      String source = client.getRun(run).getInfo().getArtifactUri() + "/model";
      for (int i = 0; i < 5; i++)
        client.sendPost("model-versions/create",
            "{\"name\": \"" + name + "\", \"source\": \"" + source + "\", \"run_id\": \"" + run + "\"}");
      client.sendPost("model-versions/transition-stage",
          "{\"name\": \"" + name + "\", \"version\": \"2\", \"stage\": \"Production\"}");
      equal(name, client.getRegisteredModel(name).getName());
      equal("Production", client.getModelVersion(name, "2").getCurrentStage());
      equal(run, client.getModelVersion(name, "5").getRunId());
      equal("2", client.getLatestVersions(name, List.of("Production")).get(0).getVersion());
      equal(2, client.getLatestVersions(name).size());
      equal(source, client.getModelVersionDownloadUri(name, "3"));
      var page = client.searchModelVersions("name = '" + name + "'", 2, List.of("version_number ASC"));
      equal(List.of("1", "2", "3", "4", "5"), all(page).stream().map(ModelVersion::getVersion).collect(Collectors.toList()));
    });
    flow("Registry", "what is not there is said", () ->
        equal(true, refused(() -> client.getRegisteredModel(unique("nobody"))).getMessage().contains("RESOURCE_DOES_NOT_EXIST")));
  }

  public static void main(String[] args) {
    String experiment = client.createExperiment(unique("Java"));
    experiments();
    runs(experiment);
    metrics(experiment);
    search();
    artifacts(experiment);
    registry(experiment);
    client.close();
  }
}
