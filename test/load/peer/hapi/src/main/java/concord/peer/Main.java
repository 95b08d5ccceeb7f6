package concord.peer;

import ca.uhn.fhir.rest.server.RestfulServer;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** Serves R4 at http://127.0.0.1:PORT/fhir and says so once it does. */
public final class Main {
  public static void main(String[] args) throws Exception {
    var spring = new AnnotationConfigApplicationContext(Peer.class);
    spring.registerShutdownHook();
    var jetty = new Server(); // 200 threads, as Jetty and Spring Boot have it
    var connector = new ServerConnector(jetty);
    connector.setHost("127.0.0.1");
    connector.setPort(Integer.getInteger("peer.port", 0));
    jetty.addConnector(connector);
    var root = new ServletContextHandler("/");
    var fhir = new ServletHolder(spring.getBean(RestfulServer.class));
    fhir.setInitOrder(1);
    root.addServlet(fhir, "/fhir/*");
    jetty.setHandler(root);
    jetty.setStopAtShutdown(true);
    jetty.start();
    System.out.printf("FHIR http://127.0.0.1:%d/fhir%n", connector.getLocalPort());
    jetty.join();
  }

  private Main() {}
}
