package concord.peer;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirPostgresDialect;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.EntityManagerFactory;
import java.util.Properties;
import javax.sql.DataSource;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

/** PostgreSQL through Hikari and Hibernate, with the starter project's properties. */
@Configuration
public class Database {
  @Bean
  DataSource connections() {
    var pool = new HikariConfig();
    pool.setJdbcUrl(System.getProperty("peer.database"));
    pool.setMaximumPoolSize(Integer.getInteger("peer.connections", 10));
    pool.setConnectionTimeout(600_000); // wait for one, however busy the machine: 30 s as it comes refuses requests
    return new HikariDataSource(pool);
  }

  @Primary
  @Bean
  LocalContainerEntityManagerFactoryBean entityManagerFactory(
      DataSource connections, ConfigurableListableBeanFactory beans, FhirContext fhir, JpaStorageSettings storage) {
    var factory = HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, fhir, storage);
    factory.setPersistenceUnitName("HAPI_PU");
    factory.setDataSource(connections);
    var p = new Properties();
    p.putAll(factory.getJpaPropertyMap());
    p.put("hibernate.dialect", HapiFhirPostgresDialect.class.getName());
    p.put("hibernate.hbm2ddl.auto", "update");
    p.put("hibernate.jdbc.batch_size", "20");
    p.put("hibernate.cache.use_query_cache", "false");
    p.put("hibernate.cache.use_second_level_cache", "false");
    p.put("hibernate.cache.use_structured_entries", "false");
    p.put("hibernate.cache.use_minimal_puts", "false");
    p.put("hibernate.search.enabled", "false");
    factory.setJpaProperties(p);
    return factory;
  }

  @Primary
  @Bean
  JpaTransactionManager transactionManager(EntityManagerFactory factory) {
    return new JpaTransactionManager(factory);
  }
}
