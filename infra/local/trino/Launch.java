/**
 * Starts Trino's server and ends with the process that started it. Compiled in memory by Janino, so it needs no JDK;
 * Janino's Java has no lambdas.
 */
public class Launch {
    public static void main(String[] arguments) {
        Thread watch = new Thread(new EndWithParent());
        watch.setDaemon(true);
        watch.start();
        new io.trino.server.Server().start("435");
    }

    /** Standard input is a pipe that the parent holds open: it ends when the parent does, however that comes about. */
    static class EndWithParent implements Runnable {
        public void run() {
            try {
                while (System.in.read() != -1) {
                }
            } catch (java.io.IOException gone) {
                // as good as its end
            }
            Runtime.getRuntime().halt(0);
        }
    }
}
