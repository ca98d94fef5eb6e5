import java.util.UUID;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowClientException;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.creds.BasicMlflowHostCreds;

/** Two users of MLflow's own Java client, against a server with sign-in: what one does, the other does not see. */
public class SignedIn {
  static final String server = System.getenv("MLFLOW_TRACKING_URI");

  interface Flow {
    void run() throws Exception;
  }

  static void flow(String name, Flow flow) {
    try {
      flow.run();
      System.out.println("passed\tSignedIn\t" + name);
    } catch (Throwable problem) {
      System.out.println("failed\tSignedIn\t" + name + ": " + problem);
      problem.printStackTrace();
    }
  }

  static MlflowClient basic(String user, String password) {
    return new MlflowClient(new BasicMlflowHostCreds(server, user, password));
  }

  static void refused(int status, String words, Flow flow) throws Exception {
    try {
      flow.run();
    } catch (MlflowHttpException refusal) {
      if (refusal.getStatusCode() != status || !refusal.getBodyMessage().contains(words))
        throw new AssertionError(refusal.getStatusCode() + " " + refusal.getBodyMessage());
      return;
    } catch (MlflowClientException other) {
      throw new AssertionError("refused otherwise", other);
    }
    throw new AssertionError("it was not refused");
  }

  public static void main(String[] args) {
    String name = "of ann " + UUID.randomUUID();
    MlflowClient ann = basic("ann", System.getenv("ANN_PASSWORD"));
    MlflowClient annByToken = basic("ann", System.getenv("ANN_TOKEN"));
    MlflowClient annByBearer = new MlflowClient(new BasicMlflowHostCreds(server, System.getenv("ANN_TOKEN")));
    MlflowClient ben = basic("ben", System.getenv("BEN_TOKEN"));
    String experiment = ann.createExperiment(name);
    String run = ann.createRun(experiment).getRunId();

    flow("by a password", () -> ann.logMetric(run, "loss", 3));
    flow("by a token as the password", () -> annByToken.logMetric(run, "loss", 2));
    flow("by a bearer token", () -> annByBearer.logMetric(run, "loss", 1));
    flow("by a wrong password", () ->
        refused(401, "You are not authenticated", () -> basic("ann", "of somebody else").getRun(run)));
    flow("by nothing", () -> refused(401, "UNAUTHENTICATED", () -> new MlflowClient(server).getRun(run)));
    flow("a run of another is not seen", () -> refused(403, "PERMISSION_DENIED", () -> ben.getRun(run)));
    flow("nor logged into", () -> refused(403, "EDIT", () -> ben.logParam(run, "lr", "0.1")));
    flow("an experiment of another is refused with what to ask for", () ->
        refused(403, "READ", () -> ben.getExperiment(experiment)));
    flow("and not found among others", () -> {
      if (!ben.searchExperiments("name = '" + name + "'").getItems().isEmpty())
        throw new AssertionError("it was found");
    });
  }
}
